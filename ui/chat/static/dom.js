/* Elements of the page. What articles, models and servers say only ever becomes text nodes, never markup. */

export const told = JSON.parse(document.querySelector("#gisa-told").textContent);

/** Our words by name, names in braces filled in. */
export const say = (name, values = {}) => told.words[name].replace(/\{(\w+)\}/g, (_, value) => values[value]);

const ATTRIBUTE = /-|^(role|lang|for|list|href)$/;

/** An element with properties, attributes (those with a dash, and a few more) and children; strings become text. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (ATTRIBUTE.test(name)) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function button(label, onclick, properties = {}) {
  return make("button", { type: "button", onclick, ...properties }, label);
}

const SHAPES = {
  send: "M12 19V5M5.5 11.5 12 5l6.5 6.5",
  stop: "M7 7h10v10H7z",
  close: "M6 6l12 12M18 6 6 18",
  plus: "M12 5v14M5 12h14",
  clock: "M12 7v5l3 2M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z",
  filter: "M4 7h16M7 12h10M10 17h4",
  edit: "M4 20h4L19 9l-4-4L4 16z",
  retry: "M5 12a7 7 0 1 1 2 5M5 19v-3.5h3.5",
  copy: "M9 9h10v11H9zM5 15V4h10",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  up: "M7 11v9H4v-9zM7 11l4-8c2 0 2.500 1.500 2 3.500L12.500 9H19c1 0 1.500 1 1.300 2l-1.500 7c-.2 1-1 2-2 2H7",
  down: "M7 13V4H4v9zM7 13l4 8c2 0 2.500-1.500 2-3.500L12.500 15H19c1 0 1.500-1 1.300-2l-1.500-7c-.2-1-1-2-2-2H7",
  check: "M5 12.500l4.500 4.500L19 7.500",
};

/** A small drawing, said by the label beside it. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

/** A link for what is plainly a web address; nothing else of an article may become one. */
export function linkTo(url, label) {
  if (!/^https?:\/\/[^\s]+$/i.test(url || "")) return null;
  return make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label);
}

/** The button in `within` that shows the same sentence as one that was drawn before; null when there is none. */
export function atSpot(spot, within = document) {
  const found = within.querySelector(`[data-spot="${CSS.escape(spot)}"]`);
  const folded = found?.closest("details:not([open])");
  return folded ? folded.querySelector("summary") : found;
}

/** Publisher and date, in one line. */
export const whence = (source) => [source.publisher, source.published || say("undated")].filter(Boolean).join(" · ");

const live = make("p", { className: "gisa-hidden", role: "status", "aria-live": "polite" });

/** Say it to those who listen instead of look. */
export function announce(text) {
  if (!live.isConnected) document.body.append(live);
  live.textContent = text;
}
