/* One question and what came of it. A turn is a plain object, remembered as JSON:
   {question, filter, state: asking | answered | stopped | failed | interrupted, hits, answer, written, corrected, seconds,
   problem, thumb, comment}; hits of an earlier try stay until there are new ones. */

import * as api from "./api.js";
import { asText, card, differs, hitsFound } from "./card.js";
import { announce, atSpot, button, icon, make, say } from "./dom.js";
import { inWords } from "./filters.js";

/** An element for a turn; `again(question, {everywhere})` asks in its place, `everywhere` without the filter. */
export function turnElement(turn, { again, changed }) {
  const element = make("article", { className: "turn" });
  const render = () => {
    element.setAttribute("aria-label", turn.question);
    element.setAttribute("aria-busy", String(turn.state === "asking"));
    const spot = element.contains(document.activeElement) ? document.activeElement.dataset.spot : undefined;
    element.replaceChildren(asked(turn, again), ...outcome(turn, again, changed));
    if (spot) atSpot(spot, element)?.focus({ preventScroll: true });
  };
  render();
  return { element, render };
}

function asked(turn, again) {
  const heading = make("h2", { className: "asked" }, turn.question);
  const tools = make("div", { className: "tools" });
  const only = turn.filter ? make("p", { className: "filter" }, inWords(turn.filter)) : null;
  const head = make("div", { className: "head" }, make("div", {}, heading, only), tools);
  if (turn.state === "asking") return head;
  const edit = () => {
    const input = make("textarea", { value: turn.question, rows: 2, maxLength: 2000, "aria-label": say("edit_label") });
    const cancel = () => {
      form.replaceWith(head);
      opener.focus();
    };
    const save = make("button", { type: "submit", className: "main" }, say("save"));
    const form = make("form", { className: "editing" }, input, save, button(say("cancel"), cancel, { className: "quiet" }));
    form.onsubmit = (event) => {
      event.preventDefault();
      if (input.value.trim()) again(input.value.trim());
    };
    form.onkeydown = (event) => {
      if (event.key === "Escape") cancel();
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      if (event.target === input) form.requestSubmit();
      else event.target.click();
    };
    head.replaceWith(form);
    input.focus();
    input.setSelectionRange(input.value.length, input.value.length);
  };
  const opener = tool("edit", say("edit"), edit);
  tools.append(opener, tool("link", say("share"), (event) => copied(linkOf(turn), event, say("shared"))));
  return head;
}

const linkOf = (turn) => `${location.origin}/?q=${encodeURIComponent(turn.question)}`;

function outcome(turn, again, changed) {
  if (turn.state === "answered") return [card(turn.answer, turn), actions(turn, again, changed)];
  const found = turn.hits?.length ? [hitsFound(turn.hits)] : [];
  if (turn.state === "asking") {
    const status = make("p", { className: "stage" }, say("searching"));
    const draft = make("p", { className: "draft", hidden: true });
    return [status, draft, ...found];
  }
  const told = { stopped: say("stopped"), interrupted: say("interrupted") }[turn.state] ?? turn.problem;
  const retry = button(say("retry"), () => again(turn.question));
  const role = turn.state === "failed" ? "alert" : undefined;
  const note = make("p", { className: turn.state === "failed" ? "problem" : "note", role }, told);
  return [make("div", { className: "outcome" }, note, retry), ...found];
}

function tool(name, label, onclick, properties = {}) {
  return make("button", { type: "button", className: "tool", onclick, ...properties }, icon(name), make("span", {}, label));
}

async function copied(text, event, said) {
  const label = event.currentTarget.querySelector("span");
  const before = label.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // not over https, or not allowed: the old way
    const area = make("textarea", { value: text, className: "gisa-hidden" });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  label.textContent = said;
  announce(said);
  setTimeout(() => (label.textContent = before), 2000);
}

function actions(turn, again, changed) {
  const row = make("div", { className: "actions" });
  const said = make("div", { className: "said" });
  const thumbs = ["up", "down"].map((thumb) => {
    const pressed = String(turn.thumb === thumb);
    return tool(thumb, say(thumb), () => judge(thumb), { className: "tool icon-only", "aria-pressed": pressed });
  });
  async function tell(comment) {
    try {
      await api.feedback(turn.answer.id, turn.thumb, comment);
      return true;
    } catch (error) {
      said.replaceChildren(make("p", { className: "problem", role: "alert" }, error.message));
      return false;
    }
  }
  async function judge(thumb) {
    turn.thumb = thumb;
    if (!(await tell(turn.comment))) return;
    changed();
    thumbs.forEach((one, place) => one.setAttribute("aria-pressed", String(["up", "down"][place] === thumb)));
    said.replaceChildren(commenting());
    announce(say("thanks"));
  }
  function commenting() {
    const input = make("input", { type: "text", maxLength: 2000, value: turn.comment ?? "", placeholder: say("comment") });
    input.setAttribute("aria-label", say("comment"));
    const form = make("form", { className: "commenting" }, input, make("button", { type: "submit" }, say("comment_send")));
    form.onsubmit = async (event) => {
      event.preventDefault();
      turn.comment = input.value.trim();
      if (!(await tell(turn.comment))) return;
      changed();
      said.replaceChildren(make("p", { className: "note", role: "status" }, say("thanks")));
    };
    return form;
  }
  row.append(
    ...thumbs,
    tool("copy", say("copy"), (event) => copied(asText(turn.answer), event, say("copied"))),
    tool("retry", say("retry"), () => again(turn.question)),
  );
  if (turn.filter && turn.answer.refused) {
    row.append(tool("filter", say("unfiltered"), () => again(turn.question, { everywhere: true })));
  }
  return make("div", {}, row, said);
}

/** Ask the turn's question, which follows up the answer `before`, showing what is known of its own as it comes. Ends in
    another state; throws nothing. */
export async function run(turn, { element, render }, before, signal) {
  const none = { answer: null, written: [], corrected: false, problem: null, thumb: null, comment: null };
  Object.assign(turn, { ...none, state: "asking" });
  render();
  announce(say("searching"));
  const began = performance.now();
  let drafted = "";
  let dropped = "";
  const stage = (text) => (element.querySelector(".stage").textContent = text);
  const on = {
    evidence({ hits }) {
      turn.hits = hits;
      element.querySelector(".evidence")?.remove();
      if (hits.length) element.append(hitsFound(hits));
      stage(say("found", { n: hits.length }));
      announce(say("found", { n: hits.length }));
    },
    judging({ sentence }) {
      stage(say("judging", { n: sentence }));
      element.querySelectorAll(".found .sentence").forEach((one, place) => one.classList.toggle("at", place === sentence - 1));
    },
    token({ text }) {
      drafted += text;
      const draft = element.querySelector(".draft");
      draft.hidden = false;
      draft.replaceChildren(make("span", { className: "label" }, say("draft")), drafted);
      stage(say("writing"));
    },
    restart() {
      [dropped, drafted] = [drafted, ""];
      element.querySelector(".draft").hidden = true;
    },
  };
  try {
    const answer = await api.ask({ question: turn.question, before, filter: turn.filter }, signal, on);
    const seconds = (performance.now() - began) / 1000;
    const corrected = !answer.refused && differs(drafted || dropped, answer.answer);
    Object.assign(turn, { state: "answered", answer, seconds, corrected });
    announce(answer.answer);
  } catch (error) {
    if (error.name === "AbortError") turn.state = "stopped";
    else if (error instanceof api.Problem) Object.assign(turn, { state: "failed", problem: error.message });
    else throw error;
    announce(turn.problem ?? say("stopped"));
  }
  render();
}

/** Look up how the articles write the answer's figures. */
export async function lookUp(turn) {
  const { answer } = turn;
  const wanted = answer.claims.flatMap((claim, place) => {
    const cited = answer.citations.find((one) => one.number === claim.citation);
    return claim.supported && cited && claim.kind !== "statement" && claim.kind !== "name" ? [[place, claim.text, cited.quote]] : [];
  });
  if (!wanted.length) return;
  const found = await api.written(wanted.map(([, text, quote]) => ({ text, quote })));
  turn.written = answer.claims.map(() => null);
  wanted.forEach(([place], index) => (turn.written[place] = found[index]));
}
