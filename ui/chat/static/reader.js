/* The article beside the answer: on a wide screen a pane; on a phone, or over another tab, a sheet over the page. */

import { article } from "./api.js";
import { announce, atSpot, button, icon, linkTo, make, say, whence } from "./dom.js";

const PHONE = matchMedia("(max-width: 860px)");
const body = make("div", { className: "reader-body", tabIndex: 0, role: "document", "aria-label": say("reader") });
const closer = button(icon("close"), () => shut(), { className: "quiet square", "aria-label": say("close") });
const dialog = make("dialog", { className: "reader", "aria-label": say("reader") }, closer, body);
let home = null;
let opener = null;
let wanted = 0;

/** The element of the reader, closed, to be put beside the conversation. */
export const reader = dialog;

/** Close it, and give the focus back at once to what had opened it. */
function shut() {
  dialog.close();
  home.classList.remove("reading");
  home.append(dialog);
  const from = opener?.isConnected || !opener?.dataset.spot ? opener : atSpot(opener.dataset.spot);
  opener = null;
  from?.focus();
}

dialog.addEventListener("cancel", (event) => {
  event.preventDefault(); // the browser's own way to close a sheet
  shut();
});
dialog.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  event.preventDefault();
  shut();
});
dialog.addEventListener("click", (event) => {
  if (event.target === dialog && dialog.matches(":modal")) shut(); // beside the sheet
});
PHONE.addEventListener("change", () => {
  if (!dialog.open) return;
  const before = opener;
  opener = null;
  shut();
  present(before);
});

function present(from) {
  opener = from;
  if (dialog.open) return;
  home ??= dialog.parentElement;
  if (!PHONE.matches && home.checkVisibility()) {
    home.classList.add("reading");
    dialog.show();
  } else {
    document.body.append(dialog);
    dialog.showModal();
  }
}

/** Open an article; `spots` are [start, end, quote] in code points, the first of them scrolled to. */
export async function show(id, spots, from) {
  const mine = ++wanted;
  body.replaceChildren(make("p", { className: "note" }, say("loading")));
  present(from);
  let found;
  try {
    found = await article(id);
  } catch (error) {
    if (mine === wanted) body.replaceChildren(make("p", { className: "problem", role: "alert" }, error.message));
    return;
  }
  if (mine !== wanted) return;
  const { text, first, lost } = marked(found, spots);
  const original = linkTo(found.url, say("original"));
  const source = [whence(found), found.author].filter(Boolean).join(" · ");
  const where = make("p", { className: "note" }, source, original && " · ", original);
  const head = make("header", { lang: found.language }, make("h2", {}, found.title), where);
  body.replaceChildren(head, lost ? make("p", { className: "problem" }, say("changed")) : "", text);
  if (first) {
    first.scrollIntoView({ block: "center" });
    first.focus({ preventScroll: true });
  } else {
    body.scrollTop = 0;
    body.focus();
  }
  announce(found.title);
}

/** The article's text with its spots highlighted, and what is not the article itself set back. */
function marked(found, spots) {
  const points = [...found.text];
  const there = ([start, end, quote]) => quote === undefined || points.slice(start, end).join("") === quote;
  const at = spots.filter(there).map(([start, end]) => [start, end]);
  const lost = spots.length > 0 && !there(spots[0]);
  const main = lost ? undefined : at[0];
  const text = make("div", { className: "text", lang: found.language });
  const edges = new Set([0, points.length, ...at.flat(), ...found.body.flat()]);
  const cuts = [...edges].filter((edge) => edge >= 0 && edge <= points.length).sort((one, other) => one - other);
  let first = null;
  cuts.slice(0, -1).forEach((start, place) => {
    const words = points.slice(start, cuts[place + 1]).join("");
    const inside = ([from, to]) => from <= start && start < to;
    if (main && inside(main)) {
      const mark = make("mark", { className: "cited", tabIndex: first ? undefined : -1 }, words);
      first ??= mark;
      text.append(mark);
    } else if (at.some(inside)) text.append(make("mark", {}, words));
    else if (found.body.some(inside)) text.append(words);
    else text.append(make("span", { className: "aside" }, words));
  });
  return { text, first, lost };
}
