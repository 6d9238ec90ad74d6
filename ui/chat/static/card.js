/* An answer and its proof: citation marks, checked figures, evidence, how it came to be. */

import { button, icon, make, say, told, whence } from "./dom.js";
import { show } from "./reader.js";
import { tipped } from "./tip.js";

/** The card of an answer. `written` are the claims as the articles write them, null where not; `seconds` of waiting. */
export function card(answer, { written = [], hits = [], corrected = false, seconds }) {
  const notes = [];
  if (answer.rewritten) notes.push(make("p", { className: "understood" }, say("understood", { text: answer.rewritten })));
  // The text of a refusal names the nearest articles, which are listed below, or says that there are none.
  const said = answer.refused ? [say("refused")] : pieces(answer, written);
  const text = make("p", { className: "answer", lang: answer.refused ? told.language : answer.language }, ...said);
  if (corrected) text.prepend(make("span", { className: "corrected" }, say("corrected")), " ");
  return make(
    "div", { className: answer.refused ? "card refused" : "card" },
    ...notes, text, checks(answer, written), how(answer, seconds),
    evidence(answer), answer.refused ? nearest(answer.nearest) : null, others(answer, hits),
  );
}

/** The text, with its marks as buttons and its checked figures ticked. */
function pieces(answer, written) {
  const sources = new Map(answer.citations.map((citation) => [citation.number, citation]));
  const claims = answer.claims
    .map((claim, place) => ({ ...claim, written: written[place] }))
    .filter((claim) => claim.supported && (claim.kind === "quantity" || claim.kind === "date"));
  return answer.answer.split(/(\[\d+\])/).flatMap((part) => {
    const citation = sources.get(Number(/^\[(\d+)\]$/.exec(part)?.[1]));
    return citation ? [mark(citation, answer)] : ticked(part, claims);
  });
}

/** Where a figure stands by itself, not as part of a longer number (5만 in 15만, 1.5만 or 5만3천); -1 where it does not. */
function placeOf(figure, text) {
  for (let start = text.indexOf(figure); start >= 0; start = text.indexOf(figure, start + 1)) {
    const begun = /^\d/.test(figure) && /\d[.,십백천만억조]*$/.test(text.slice(0, start));
    const goesOn = /[\d십백천만억조]$/.test(figure) && /^([.,]?\d|[십백천만억조])/.test(text.slice(start + figure.length));
    if (!begun && !goesOn) return start;
  }
  return -1;
}

/** A text with the first place of each claim in it ticked. */
function ticked(text, claims) {
  const claim = claims.find((one) => !one.done && placeOf(one.text, text) >= 0);
  if (!claim) return [text];
  claim.done = true;
  const start = placeOf(claim.text, text);
  const label = claim.written && claim.written !== claim.text ? `${say("checked")}: ${claim.written}` : say("checked");
  const tick = make("span", { className: "tick", role: "img", "aria-label": label, title: label }, icon("check"));
  const figure = make("span", { className: "figure" }, claim.text, tick);
  return [...ticked(text.slice(0, start), claims), figure, ...ticked(text.slice(start + claim.text.length), claims)];
}

/** A citation mark: opens the article at its sentence, shows the sentence on hover and focus. */
function mark(citation, answer) {
  const others = answer.citations.filter((one) => one !== citation && one.article_id === citation.article_id);
  const spots = [citation, ...others].map((one) => [one.start, one.end, one.quote]);
  const label = say("source", { n: citation.number, title: citation.title });
  const open = (event) => show(citation.article_id, spots, event.currentTarget);
  const shown = { className: "mark", "aria-label": label, "data-spot": `${citation.number} ${spotOf(citation)}` };
  return tipped(button(`[${citation.number}]`, open, shown), citation.quote);
}

/** Figures beside what the article writes for them, where that differs. */
function checks(answer, written) {
  const rows = answer.claims.flatMap((claim, place) => {
    if (claim.verdict === "contradicted") return [make("li", { className: "problem" }, say("unconfirmed", { text: claim.text }))];
    if (claim.verdict === "unknown" && answer.answered_by === "llm") return [make("li", {}, say("unknown", { text: claim.text }))];
    if (!written[place] || written[place] === claim.text) return [];
    const found = make("span", { lang: "ko" }, written[place]);
    return [make("li", {}, claim.text, icon("check"), found)];
  });
  return rows.length ? make("ul", { className: "checks", "aria-label": say("checked") }, ...rows) : null;
}

/** How the answer came to be, in plain words; a notice of the server's, which may be for whoever runs it, unfolds. */
function how(answer, seconds) {
  const said = [say("seconds", { n: seconds.toFixed(1) })];
  if (answer.answered_by === "llm") said.unshift(say("written", { model: answer.model }));
  else if (!answer.refused) said.unshift(say(answer.answered_by === "reader" ? "read" : "quoted"));
  const notices = answer.notices.map((notice) => make("p", { lang: answer.language }, notice));
  const why = notices.length ? make("details", { className: "why" }, make("summary", {}, say("why")), ...notices) : null;
  return make("div", { className: "how" }, make("p", { className: "note" }, said.join(" ")), why);
}

/** What a mark or a sentence shows: by it the focus finds it again when an answer is drawn anew. */
const spotOf = ({ article_id, start }) => `${start} ${article_id}`;

/** A quotation with the words marked that were read: `claims` name them by their code points in the article. */
function marked({ article_id, start, end, quote }, claims) {
  const letters = Array.from(quote);
  const spots = claims
    .map((claim) => claim.span)
    .filter((span) => span && span.article_id === article_id && start <= span.start && span.end <= end)
    .sort((one, other) => one.start - other.start);
  const pieces = [];
  let at = 0;
  for (const span of spots) {
    if (span.start - start < at) continue;
    pieces.push(letters.slice(at, span.start - start).join(""));
    pieces.push(make("mark", {}, letters.slice(span.start - start, span.end - start).join("")));
    at = span.end - start;
  }
  return [...pieces, letters.slice(at).join("")];
}

/** A sentence of an article as a button that opens it there, with what was read in it marked. */
function sentence({ article_id, start, end, quote, ...source }, number, claims = []) {
  const words = make("span", { className: "quote" }, ...marked({ article_id, start, end, quote }, claims));
  const from = make("span", { className: "from" }, source.title);
  const when = make("span", { className: "when" }, whence(source));
  const open = (event) => show(article_id, [[start, end, quote]], event.currentTarget);
  const count = number ? make("span", { className: "number", "aria-hidden": "true" }, number) : null;
  const inner = make("span", { className: "inner" }, words, make("span", { className: "source" }, from, when));
  const shown = { type: "button", className: "sentence", lang: "ko", onclick: open, "data-spot": spotOf({ article_id, start }) };
  return make("li", {}, make("button", shown, count, inner));
}

function evidence(answer) {
  if (!answer.citations.length) return null;
  const rows = answer.citations.map((citation) => sentence(citation, citation.number, answer.claims));
  const title = make("h3", {}, say("evidence"));
  return make("section", { className: "evidence" }, title, make("ul", {}, ...rows));
}

/** What was found before the model wrote. */
export function hitsFound(hits) {
  const title = make("h3", {}, say("evidence"));
  return make("section", { className: "evidence found" }, title, make("ul", {}, ...hits.map((hit) => sentence(hit))));
}

function others(answer, hits) {
  const cited = new Set(answer.citations.map((one) => `${one.article_id} ${one.start}`));
  const rest = hits.filter((hit) => !cited.has(`${hit.article_id} ${hit.start}`));
  if (!rest.length) return null;
  const title = make("summary", {}, say("others", { n: rest.length }));
  return make("details", { className: "others" }, title, make("ul", {}, ...rest.map((hit) => sentence(hit))));
}

function nearest(articles) {
  if (!articles.length) return null;
  const rows = articles.map((one) => {
    const open = (event) => show(one.id, [], event.currentTarget);
    const title = make("span", { className: "from" }, one.title);
    const inner = make("span", { className: "inner" }, title, make("span", { className: "when" }, whence(one)));
    return make("li", {}, make("button", { type: "button", className: "sentence", lang: one.language, onclick: open }, inner));
  });
  return make("section", { className: "evidence" }, make("h3", {}, say("nearest")), make("ul", {}, ...rows));
}

/** The answer with its sources, for a letter or a note. */
export function asText(answer) {
  const sources = answer.citations.map((one) => {
    const where = [one.title, one.publisher, one.published, one.url].filter(Boolean).join(", ");
    return `[${one.number}] "${one.quote}" (${where})`;
  });
  return [answer.answer, ...sources].join("\n\n");
}

/** Whether the verified answer says other than the draft did, marks and punctuation aside. */
export function differs(draft, answer) {
  const bare = (text) => text.replace(/\[\d+\]/g, "").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
  return Boolean(draft.trim()) && bare(draft) !== bare(answer);
}
