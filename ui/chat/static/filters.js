/* Which articles are looked at: publishers and a span of days. */

import { make, say, button } from "./dom.js";

/** A filter in words; "" for all articles. */
export function inWords(filter) {
  if (!filter) return "";
  const { publishers = [], since, until } = filter;
  const days = [since && say("from_day", { day: since }), until && say("to_day", { day: until })].filter(Boolean).join(" ");
  return say("filtered", { what: [...publishers, days].filter(Boolean).join(", ") });
}

/** The panel, and `value()`: the filter as the API takes it, null for all articles. `changed(text)` hears what it is. */
export function filters(publishers, changed) {
  const tell = () => changed(inWords(value()));
  const boxes = publishers.map((name) => make("input", { type: "checkbox", value: name, onchange: tell }));
  const since = make("input", { type: "date", onchange: tell });
  const until = make("input", { type: "date", onchange: tell });
  const names = boxes.map((box) => make("label", { className: "choice" }, box, make("span", { lang: "ko" }, box.value)));
  const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value);
  const clear = () => {
    boxes.forEach((box) => (box.checked = false));
    since.value = until.value = "";
    tell();
  };
  function value() {
    const filter = {};
    if (chosen().length) filter.publishers = chosen();
    if (since.value) filter.since = since.value;
    if (until.value) filter.until = until.value;
    return Object.keys(filter).length ? filter : null;
  }
  const panel = make(
    "div", { className: "filters", hidden: true, role: "group", "aria-label": say("filters") },
    publishers.length ? make("fieldset", {}, make("legend", {}, say("publishers")), ...names) : null,
    make(
      "div", { className: "dates" },
      make("label", {}, say("since"), since), make("label", {}, say("until"), until),
      button(say("clear"), clear, { className: "quiet" }),
    ),
  );
  return { panel, value };
}
