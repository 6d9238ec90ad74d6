/* The Articles and Quality tabs: what is chosen from a list is shown beside it, or on a narrow screen below it. There the
   page goes down to it, and a button leads back up. A button that goes when it was pressed hands its focus on. */

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

document.addEventListener("click", (event) => {
  const pressed = event.target.closest?.(":is(.gt-actions, .gt-undo) button");
  if (!pressed) return;
  const panel = pressed.closest(".tabitem");
  const next = pressed.closest(".gt-undo") ? ".gt-list input" : ".gt-undo button";
  let left = 600; // a minute, for the collection may be busy
  const looking = setInterval(() => {
    if (--left && pressed.isConnected && pressed.checkVisibility()) return;
    if (document.activeElement !== document.body || !left) return clearInterval(looking);
    panel.querySelector(next)?.focus();
  }, 100);
});

// Gradio has every tab and every entry of a list reached by Tab. The arrow keys lead along them too, and Enter opens.
const ALONG = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };
document.addEventListener("keydown", (event) => {
  const list = event.target.closest?.("[role=tablist], .gt-list");
  if (!list) return;
  const all = [...list.querySelectorAll("[role=tab], input[type=radio]")];
  if (ALONG[event.key]) all.at((all.indexOf(event.target) + ALONG[event.key]) % all.length).focus();
  else if (event.key === "Enter" && event.target.type === "radio") event.target.click();
  else return;
  event.preventDefault();
});

// Where files are dropped, Gradio listens for the mouse alone.
document.addEventListener("keydown", (event) => {
  const files = event.key === "Enter" && event.target.closest?.(".upload-container")?.querySelector("input[type=file]");
  if (!files) return;
  event.preventDefault();
  files.click();
});
