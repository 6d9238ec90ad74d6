/* Which articles are looked at: publishers and a span of days. */

import { make, say, button } from "./dom.js";

/** The panel, and `value()`: the filter as the API takes it, null for all articles. `told(text)` hears what it is. */
export function filters(publishers, changed) {
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
  function tell() {
    const span = since.value || until.value ? [`${since.value} – ${until.value}`] : [];
    changed([...chosen(), ...span].join(", "));
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
