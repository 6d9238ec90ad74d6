/* The page to sign in: the key goes to the server once, and comes back as a cookie that no script can read. */

import { make, say } from "./dom.js";

const input = make("input", { type: "password", required: true, autocomplete: "current-password", id: "key", spellcheck: false });
const problem = make("p", { className: "problem", role: "alert", hidden: true });
const form = make(
  "form", { className: "sign-in" },
  make("h1", {}, say("sign_in")), make("p", { className: "note" }, say("key_hint")),
  make("label", { for: "key" }, say("key")), input, problem,
  make("button", { type: "submit", className: "main" }, say("sign_in")),
);
form.onsubmit = async (event) => {
  event.preventDefault();
  const body = JSON.stringify({ key: input.value.trim() });
  const headers = { "Content-Type": "application/json" };
  try {
    const response = await fetch("/chat/sign-in", { method: "POST", headers, body });
    if (response.ok) return location.reload();
    problem.textContent = response.status === 401 ? say("key_wrong") : say("failed", { status: response.status });
  } catch {
    problem.textContent = say("unreachable");
  }
  problem.hidden = false;
  input.focus();
};
document.body.append(make("main", { className: "gisa-door" }, form));
input.focus();
