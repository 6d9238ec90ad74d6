"use strict";
const page = document.documentElement;

function show(language) {
  page.lang = language;
  for (const button of document.querySelectorAll("[data-language]"))
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
}
for (const button of document.querySelectorAll("[data-language]"))
  button.addEventListener("click", () => show(button.dataset.language));
show(page.lang);

for (const form of document.querySelectorAll("form.filter")) {
  const rows = [...document.getElementById(form.dataset.rows).tBodies[0].rows];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const filter = () => {
    const words = form.elements.words.value.toLowerCase().split(/\s+/);
    const language = form.elements.language.value;
    let count = 0;
    rows.forEach((row, place) => {
      const fits =
        words.every((word) => texts[place].includes(word)) &&
        (language === "all" || row.dataset.asked === language) &&
        (!form.elements.wrong.checked || "wrong" in row.dataset);
      row.hidden = !fits;
      count += fits;
    });
    form.elements.count.value = count;
  };
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  filter();
}

// A link to a failure opens it; what is printed is open.
function unfold() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) target.open = true;
}
addEventListener("hashchange", unfold);
unfold();
addEventListener("beforeprint", () => {
  for (const one of document.querySelectorAll("details.failure")) one.open = true;
});
