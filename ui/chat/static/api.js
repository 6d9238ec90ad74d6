/* What the page asks of the server. The key, where one is needed, goes along in a cookie that no script can read. */

import { say, told } from "./dom.js";

/** A failure, in words for people. `code` is the server's; "broken" and "unreachable" are ours. */
export class Problem extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

async function problemOf(response) {
  let message = say("failed", { status: response.status });
  let code = "failed";
  if ((response.headers.get("content-type") || "").includes("problem+json")) {
    try {
      const problem = await response.json();
      [message, code] = [problem.detail, problem.code];
    } catch {
      // a cut-off body says no more than its status
    }
  }
  if (code === "key_needed") message = say("signed_out");
  const seconds = Number(response.headers.get("retry-after"));
  if (response.status === 429 && seconds > 0) message = `${message} ${say("later", { n: seconds })}`;
  return new Problem(message, code);
}

/** The response of an operation. Throws Problem, AbortError. */
export async function call(path, { method = "GET", body, signal } = {}) {
  const headers = { "Accept-Language": told.language };
  if (body) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, {
      method, headers, signal, body: body && JSON.stringify(body), cache: "no-store", credentials: "same-origin",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw navigator.onLine ? new Problem(say("unreachable"), "unreachable") : new Problem(say("offline"), "offline");
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** The server-sent events of a response, as [name, data]. */
async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split(/\r?\n\r?\n/);
    rest = blocks.pop();
    for (const block of blocks) {
      const lines = block.split(/\r?\n/);
      const field = (name) =>
        lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trimStart());
      const data = field("data").join("\n");
      if (data) yield [field("event")[0] || "message", JSON.parse(data)];
    }
  }
}

/** Asks, tells `on[event](data)` as it comes, and returns the verified answer. `before` is the answer that is followed up.
    Throws Problem, AbortError. */
export async function ask({ question, before, filter }, signal, on) {
  const followed = before && { conversation: before.conversation, after: before.id };
  const body = { question, ...followed, ...(filter && { filter }) };
  let response;
  try {
    response = await call("/v1/ask/stream", { method: "POST", body, signal });
  } catch (error) {
    // The conversation was idle too long: the question itself can still be answered.
    const gone = ["conversation_not_found", "answer_not_found"].includes(error.code);
    if (gone && before) return ask({ question, filter }, signal, on);
    throw error;
  }
  try {
    for await (const [name, data] of eventsOf(response)) {
      if (name === "answer") return data;
      if (name === "error") throw new Problem(data.detail, data.code);
      on[name]?.(data);
    }
  } catch (error) {
    if (error instanceof Problem || error.name === "AbortError") throw error;
  }
  throw navigator.onLine ? new Problem(say("broken"), "broken") : new Problem(say("offline"), "offline");
}

export const about = async () => (await call("/chat/about")).json();
export const article = async (id) => (await call(`/v1/articles/${id.split("/").map(encodeURIComponent).join("/")}`)).json();
export const feedback = (answer, thumb, comment) =>
  call("/v1/feedback", { method: "POST", body: { answer, thumb, ...(comment && { comment }) } });

/** How the cited sentences write the claims: null where they do not. */
export async function written(claims) {
  return (await (await call("/chat/written", { method: "POST", body: { claims } })).json()).written;
}
