/* The conversation, put into the empty column that Gradio's first tab holds (docs/chat.md). */

import { about } from "./api.js";
import { announce, button, icon, make, say, told } from "./dom.js";
import { filters } from "./filters.js";
import * as memory from "./memory.js";
import { reader, show } from "./reader.js";
import "./tabs.js";
import { lookUp, run, turnElement } from "./turn.js";

// Where fingers type, a keyboard on the screen would cover the answer: the focus is left where it is.
const TYPES = matchMedia("(hover: hover)").matches;
let talk = memory.restore();
let running = null;
let filter = filters([], () => {});

const log = make("div", { className: "log", role: "log", "aria-live": "off", "aria-label": say("conversation") });
const hello = make("div", { className: "hello" });
const scroller = make("div", { className: "scroller" }, make("div", { className: "column" }, hello, log));
const input = make("textarea", { rows: 1, maxLength: 2000, required: true, "aria-label": say("question"), enterKeyHint: "send" });
const send = make("button", { type: "submit", className: "send", "aria-label": say("send") }, icon("send"));
const stop = button(icon("stop"), () => running?.abort(), { className: "send", hidden: true, "aria-label": say("stop") });
const only = make("span", { className: "only" });
const menu = make("div", { className: "menu", hidden: true });
const filterSlot = make("div", {}, filter.panel);
const toolbar = make("div", { className: "toolbar" });
const wait = make("p", { className: "note", hidden: true }, say("busy"));
const form = make("form", { className: "composer" }, filterSlot, menu, wait, input, make("div", { className: "row" }, toolbar, send, stop));
const talking = make("section", { className: "talking", "aria-label": say("conversation") }, scroller, form);
const root = make("div", { className: "gisa" }, talking, reader);

function toggle(name, label, panel, fill) {
  const opener = button(icon(name), () => {
    const element = panel();
    element.hidden = !element.hidden;
    opener.setAttribute("aria-expanded", String(!element.hidden));
    if (!element.hidden) fill?.(opener);
  }, { className: "tool", "aria-expanded": "false" });
  opener.append(make("span", {}, label));
  return opener;
}

const fresh = make("button", { type: "button", className: "tool", onclick: () => go() }, icon("plus"), make("span", {}, say("fresh")));
toolbar.append(
  toggle("filter", say("filters"), () => filter.panel),
  toggle("clock", say("earlier"), () => menu, listTalks),
  fresh,
  only,
);

function listTalks(opener) {
  const close = () => {
    menu.hidden = true;
    opener.setAttribute("aria-expanded", "false");
  };
  const rows = memory.talks().map((one) => {
    const open = () => {
      close();
      go(one.id);
    };
    const when = make("span", { className: "when" }, new Date(one.at).toLocaleDateString(told.language));
    const row = button(one.turns[0].question, open, { className: "quiet" });
    row.append(when);
    if (one.id === talk.id) row.setAttribute("aria-current", "true");
    return make("li", {}, row);
  });
  const forget = () => {
    memory.forgetAll();
    close();
    go();
  };
  const rest = rows.length ? button(say("forget"), forget, { className: "quiet danger" }) : "";
  menu.replaceChildren(make("ul", { "aria-label": say("earlier") }, ...rows), rest);
  menu.querySelector("button")?.focus();
}

/** Whether an answer is being written; says so to who asks for another. */
function busy() {
  if (!running) return false;
  wait.hidden = false;
  announce(say("busy"));
  return true;
}

/** Go to an earlier conversation, or begin a new one. */
function go(id) {
  running?.abort();
  talk = memory.open(id);
  draw();
  if (TYPES) input.focus();
}

function draw() {
  log.replaceChildren(...talk.turns.map((turn) => shown(turn).element));
  settle();
  scroller.scrollTop = talk.turns.length ? scroller.scrollHeight : 0;
}

/** What depends on whether something was asked. */
function settle() {
  const begun = talk.turns.length > 0;
  hello.hidden = begun;
  talking.classList.toggle("begun", begun);
  input.placeholder = say(begun ? "follow" : "placeholder");
  fresh.hidden = !begun;
}

function shown(turn) {
  const its = turnElement(turn, { again: (question, told) => again(turn, question, told), changed: () => memory.save(talk) });
  elements.set(turn, its);
  return its;
}
const elements = new WeakMap();

function again(turn, question, { everywhere = false } = {}) {
  if (busy()) return;
  if (everywhere) Object.assign(turn, { filter: null, hits: [] });
  if (question !== turn.question) Object.assign(turn, { question, hits: [] });
  answer(turn);
}

function put(question) {
  if (!question || busy()) return;
  const turn = { question, filter: filter.value() };
  talk.turns.push(turn);
  log.append(shown(turn).element);
  settle();
  answer(turn);
}

async function answer(turn) {
  const mine = talk;
  running = new AbortController();
  send.hidden = true;
  stop.hidden = false;
  const its = elements.get(turn);
  // Asked anew in its place, it still follows up what stands before it, not what was asked last.
  const before = mine.turns.slice(0, mine.turns.indexOf(turn)).findLast((one) => one.answer)?.answer;
  const working = run(turn, its, before, running.signal);
  if (TYPES && document.activeElement === document.body) stop.focus({ preventScroll: true }); // what was pressed is gone
  memory.save(mine);
  its.element.scrollIntoView({ block: "start" });
  try {
    await working;
  } finally {
    running = null;
    wait.hidden = true;
    send.hidden = false;
    if (TYPES && [document.body, stop].includes(document.activeElement)) input.focus({ preventScroll: true });
    stop.hidden = true;
  }
  memory.save(mine);
  if (turn.answer) {
    // without it the answer is all there, only less plain
    await lookUp(turn).catch((error) => console.info(error.message));
    its.render();
    memory.save(mine);
  }
}

input.oninput = () => {
  input.style.height = "auto";
  input.style.height = `${Math.min(input.scrollHeight, 200)}px`;
};
input.onkeydown = (event) => {
  // Enter that ends the composing of a syllable does not send
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (input.value.trim()) form.requestSubmit();
};
form.onsubmit = (event) => {
  event.preventDefault();
  if (busy()) return;
  put(input.value.trim());
  input.value = "";
  input.oninput();
  if (!TYPES) input.blur();
};
form.onkeydown = (event) => {
  if (event.key !== "Escape") return;
  for (const opener of toolbar.querySelectorAll("[aria-expanded=true]")) {
    opener.click();
    opener.focus();
  }
};

// Any tab may open an article here: <button data-article="id" data-start="10" data-end="20">
document.addEventListener("click", (event) => {
  const from = event.target.closest?.("[data-article]");
  if (!from || root.contains(from)) return;
  event.preventDefault();
  const { article, start, end } = from.dataset;
  show(article, start ? [[Number(start), Number(end)]] : [], from);
});

function bar() {
  const other = told.language === "ko" ? "en" : "ko";
  const change = () => {
    document.cookie = `gisa_lang=${other}; path=/; max-age=31536000; samesite=lax`;
    location.reload();
  };
  const leave = async () => {
    await fetch("/chat/sign-out", { method: "POST" });
    location.reload();
  };
  const brand = make("a", { className: "brand", href: "/" }, make("span", {}, "gisa"));
  const tools = make("div", { className: "tools" }, button(say("switch"), change, { className: "quiet", lang: other }));
  if (told.signed_in) tools.append(button(say("sign_out"), leave, { className: "quiet" }));
  return make("header", { className: "gisa-top" }, brand, tools);
}

/** Put the conversation into Gradio's column as soon as there is one, and back should Gradio draw it anew. */
function settleIn() {
  const column = document.querySelector("#gisa-chat");
  const place = column ?? (root.isConnected ? null : document.body);
  if (!place || root.parentElement === place) return;
  const focused = root.contains(document.activeElement) ? document.activeElement : null;
  const top = scroller.scrollTop;
  place.append(root);
  scroller.scrollTop = top;
  focused?.focus({ preventScroll: true });
}

async function begin() {
  // Gradio speaks the browser's language, and says so of the page: have it speak the page's
  Object.defineProperty(navigator, "language", { value: told.language });
  document.body.prepend(bar());
  draw();
  settleIn();
  new MutationObserver(settleIn).observe(document.body, { childList: true, subtree: true });
  if (TYPES) input.focus();
  hello.append(make("h1", {}, say("heading")));
  const asked = new URLSearchParams(location.search).get("q")?.trim().slice(0, 2000);
  if (asked) {
    history.replaceState(null, "", "/");
    if (talk.turns.length) talk = memory.open();
    draw();
    put(asked);
  }
  try {
    const known = await about();
    filter = filters(known.publishers, (what) => (only.textContent = what));
    filterSlot.replaceChildren(filter.panel);
    hello.append(make("p", { className: "lead" }, say(known.articles ? "lead" : "lead_none", { n: known.articles })));
    if (known.examples.length) {
      const rows = known.examples.map((one) => make("li", {}, button(one, () => put(one), { className: "example" })));
      hello.append(make("h2", {}, say("examples")), make("ul", { className: "examples" }, ...rows));
    }
  } catch (error) {
    hello.append(make("p", { className: "problem", role: "alert" }, error.message));
    announce(error.message);
  }
}

begin();
