/* One tooltip for all citation marks: on hover and on focus, gone with Escape (WCAG 1.4.13). */

import { make } from "./dom.js";

const tip = make("div", { className: "gisa-tip", role: "tooltip", id: "gisa-tip", hidden: true, lang: "ko" });
let closing = 0;

tip.addEventListener("mouseenter", () => clearTimeout(closing));
tip.addEventListener("mouseleave", hide);
document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
document.addEventListener("scroll", hide, true);

function hide() {
  clearTimeout(closing);
  tip.hidden = true;
}

function showAt(element, text) {
  clearTimeout(closing);
  if (!tip.isConnected) document.body.append(tip);
  tip.textContent = text;
  tip.hidden = false;
  const at = element.getBoundingClientRect();
  const [wide, high] = [tip.offsetWidth, tip.offsetHeight];
  const left = Math.max(12, Math.min(at.left + at.width / 2 - wide / 2, innerWidth - wide - 12));
  const above = at.top - high - 8;
  tip.style.left = `${left}px`;
  tip.style.top = `${above > 60 ? above : at.bottom + 8}px`;
}

/** The element, with a tooltip. */
export function tipped(element, text) {
  element.setAttribute("aria-describedby", tip.id);
  const show = () => showAt(element, text);
  element.addEventListener("mouseenter", show);
  element.addEventListener("focus", () => element.matches(":focus-visible") && show());
  element.addEventListener("mouseleave", () => (closing = setTimeout(hide, 150)));
  element.addEventListener("blur", hide);
  return element;
}
