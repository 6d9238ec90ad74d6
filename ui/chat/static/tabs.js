/* The Articles and Quality tabs: what is chosen from a list is shown beside it, or on a narrow screen below it. There the
   page goes down to it, and a button leads back up. */

const NARROW = matchMedia("(max-width: 860px)");

document.addEventListener("change", (event) => {
  const shown = event.target.closest?.(".gt-list") && event.target.closest(".gt-halves")?.lastElementChild;
  if (!shown) return;
  const changed = new MutationObserver(() => {
    if (!shown.querySelector("article")) return;
    changed.disconnect();
    if (NARROW.matches) shown.scrollIntoView({ block: "start" });
    else shown.scrollTop = 0;
  });
  changed.observe(shown, { childList: true, subtree: true, characterData: true });
});

document.addEventListener("click", (event) => {
  const chosen = event.target.closest?.(".gt-back")?.closest(".gt-halves").querySelector(".gt-list input:checked");
  if (!chosen) return;
  chosen.closest("label").scrollIntoView({ block: "center" });
  chosen.focus({ preventScroll: true });
});
