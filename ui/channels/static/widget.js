/* gisa on any page: <script src="https://HOST/widget.js" data-language="ko" data-key="gisa_..."></script>
   What articles and answers say only ever becomes text nodes, never markup. See docs/widget.md. */
(() => {
  "use strict";

  const SAID = {
    en: {
      open: "Ask the news", title: "Ask the news", close: "Close", question: "Your question", send: "Ask", stop: "Stop",
      hint: "Answers come from the articles, with the sentences that prove them.",
      searching: "Searching the articles…", found: "Sentences found: {n}. Reading them…", writing: "Writing…",
      draft: "Draft, not yet checked:", ready: "The answer is there.", stopped: "Stopped.", you: "You", answer: "Answer",
      understood: "Understood as: {text}", refused: "The articles do not answer this.",
      quoted: "Quoted from an article as it stands: it is not sure enough that this answers.", sources: "Sources", source: "Source {n}",
      nearest: "The nearest articles", article: "Open the article",
      offline: "You are offline. Ask again when you are connected.",
      unreachable: "The server cannot be reached. Try again in a moment.",
      broken: "The connection broke off before the answer was there. Ask again.",
      failed: "The server could not answer ({status}). Try again later.", later: "Try again in {n} seconds.",
    },
    ko: {
      open: "기사에 묻기", title: "기사에 묻기", close: "닫기", question: "질문", send: "묻기", stop: "멈춤",
      hint: "기사에서 찾은 답을 근거 문장과 함께 보여 드립니다.",
      searching: "기사를 찾고 있습니다…", found: "문장 {n}개를 찾아 읽고 있습니다…", writing: "쓰고 있습니다…",
      draft: "아직 확인하지 않은 초안:", ready: "답이 나왔습니다.", stopped: "멈췄습니다.", you: "질문", answer: "답",
      understood: "이렇게 이해했습니다: {text}", refused: "기사에 답이 없습니다.",
      quoted: "답인지 충분히 확실하지 않아, 기사 문장을 그대로 옮겼습니다.", sources: "근거", source: "근거 {n}",
      nearest: "가까운 기사", article: "기사 열기",
      offline: "인터넷에 연결되어 있지 않습니다. 연결되면 다시 물어보세요.",
      unreachable: "서버에 연결할 수 없습니다. 잠시 뒤에 다시 시도하세요.",
      broken: "답이 오기 전에 연결이 끊겼습니다. 다시 물어보세요.",
      failed: "서버가 답하지 못했습니다({status}). 나중에 다시 시도하세요.", later: "{n}초 뒤에 다시 시도하세요.",
    },
  };

  const STYLE = `
    :host { all: initial; color-scheme: light dark; }
    * { box-sizing: border-box; font: 16px/1.5 system-ui, sans-serif; }
    button, textarea { color: inherit; border: 1px solid #767676; border-radius: 8px; padding: 8px 12px; }
    button { cursor: pointer; background: Canvas; color: CanvasText; }
    button.main { background: #1a4fa3; border-color: #1a4fa3; color: #fff; }
    button[disabled] { opacity: .6; cursor: default; }
    :focus-visible { outline: 3px solid #d9730d; outline-offset: 2px; }
    .open { position: fixed; right: 16px; bottom: 16px; z-index: 2147483000; border-radius: 24px; }
    dialog { position: fixed; inset: auto 16px 16px auto; margin: 0; width: min(400px, calc(100vw - 32px));
      height: min(600px, calc(100vh - 32px)); max-height: none; padding: 0; border: 1px solid #767676; border-radius: 12px;
      background: Canvas; color: CanvasText; overflow: hidden; }
    dialog[open] { display: flex; flex-direction: column; }
    header, form { display: flex; gap: 8px; padding: 12px; align-items: center; }
    h2 { flex: 1; margin: 0; font-weight: 600; }
    .log { flex: 1; overflow-y: auto; padding: 0 12px; overflow-wrap: anywhere; }
    .log p, .log ol, .log ul { margin: 8px 0; white-space: pre-wrap; }
    .turn { border-top: 1px solid #8884; padding: 4px 0; }
    .asked { font-weight: 600; }
    .note, .status, .draft { opacity: .85; font-size: 14px; }
    .draft { font-style: italic; }
    .status { min-height: 21px; margin: 4px 12px 0; }
    .problem { border-left: 4px solid #c62828; padding-left: 8px; }
    .cite { padding: 0 4px; border: 0; background: none; color: LinkText; text-decoration: underline; }
    blockquote { margin: 4px 0; padding-left: 8px; border-left: 3px solid #1a4fa3; }
    mark { background: #ffe9a3; color: #000; }
    ol.sources { list-style: none; padding: 0; }
    form { align-items: end; }
    label { flex: 1; font-size: 14px; }
    textarea { display: block; width: 100%; resize: none; background: Field; color: FieldText; }
  `;

  const script = document.currentScript;
  const key = script.dataset.key;
  const wanted = script.dataset.language || document.documentElement.lang || navigator.language || "en";
  const language = wanted.toLowerCase().startsWith("ko") ? "ko" : "en";
  const address = new URL("v1/ask/stream", script.src);
  const say = (name, values = {}) => SAID[language][name].replace(/\{(\w+)\}/g, (_, value) => values[value]);

  /** An element with properties, attributes (those with a dash, and role and lang) and children; strings become text. */
  function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (/-|^(role|lang)$/.test(name)) element.setAttribute(name, value);
      else element[name] = value;
    }
    element.append(...children);
    return element;
  }

  /** A failure as people are told it. */
  class Problem extends Error {}

  async function problemOf(response) {
    const told = [];
    let code;
    if ((response.headers.get("content-type") || "").includes("problem+json")) {
      try {
        const problem = await response.json();
        code = problem.code;
        told.push(problem.detail);
      } catch {
        // a cut-off body says no more than its status
      }
    }
    if (!told.length) told.push(say("failed", { status: response.status }));
    const seconds = Number(response.headers.get("retry-after"));
    if (seconds > 0) told.push(say("later", { n: seconds }));
    return Object.assign(new Problem(told.join(" ")), { code });
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

  /** Asks, tells `on[event](data)` as it comes, and returns the verified answer. Throws Problem, AbortError. */
  async function ask(question, conversation, signal, on) {
    const headers = { "Content-Type": "application/json", "Accept-Language": language };
    if (key) headers.Authorization = `Bearer ${key}`;
    const body = JSON.stringify(conversation ? { question, conversation } : { question });
    let response;
    try {
      response = await fetch(address, { method: "POST", headers, body, signal, credentials: "omit", cache: "no-store" });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem(say(navigator.onLine ? "unreachable" : "offline"));
    }
    if (!response.ok) {
      const problem = await problemOf(response);
      // It was idle too long: the question itself can still be answered.
      if (problem.code === "conversation_not_found" && conversation) return ask(question, null, signal, on);
      throw problem;
    }
    try {
      for await (const [name, data] of eventsOf(response)) {
        if (name === "answer") return data;
        if (name === "error") throw new Problem(data.detail);
        on[name]?.(data);
      }
    } catch (error) {
      if (error instanceof Problem || error.name === "AbortError") throw error;
    }
    throw new Problem(say(navigator.onLine ? "broken" : "offline"));
  }

  /** A link for what is plainly a web address; nothing else of an article may become one. */
  function linkTo(url) {
    if (!/^https?:\/\//i.test(url || "")) return "";
    return make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, say("article"));
  }

  /** The quotation with the words marked that were read; claims name them by code points of the article. */
  function marked(citation, claims) {
    const letters = Array.from(citation.quote);
    const pieces = [];
    let at = 0;
    claims
      .map((claim) => claim.span)
      .filter((span) => span && span.article_id === citation.article_id && span.start >= citation.start && span.end <= citation.end)
      .sort((one, other) => one.start - other.start)
      .forEach((span) => {
        const [first, last] = [span.start - citation.start, span.end - citation.start];
        if (first < at) return;
        pieces.push(letters.slice(at, first).join(""), make("mark", {}, letters.slice(first, last).join("")));
        at = last;
      });
    return [...pieces, letters.slice(at).join("")];
  }

  function sourceOf(citation, claims) {
    const where = [citation.publisher, citation.published].filter(Boolean).join(" · ");
    return make(
      "details",
      {},
      make("summary", {}, `[${citation.number}] ${citation.title}`),
      make("blockquote", {}, ...marked(citation, claims)),
      make("p", { className: "note" }, where, where && citation.url ? " · " : "", linkTo(citation.url)),
    );
  }

  function fill(turn, told) {
    const sources = new Map(told.citations.map((citation) => [citation.number, sourceOf(citation, told.claims)]));
    const text = make("p", { lang: told.language });
    told.answer.split(/(\[\d+\])/).forEach((part) => {
      const number = Number(/^\[(\d+)\]$/.exec(part)?.[1]);
      const source = sources.get(number);
      if (!source) return text.append(part);
      const show = () => {
        source.open = true;
        source.firstChild.focus();
      };
      const label = say("source", { n: number });
      text.append(make("button", { type: "button", className: "cite", "aria-label": label, onclick: show }, part));
    });
    if (told.rewritten) turn.append(make("p", { className: "note" }, say("understood", { text: told.rewritten })));
    if (told.refused) turn.append(make("p", { className: "note" }, say("refused")));
    else if (told.answered_by === "extract") turn.append(make("p", { className: "note" }, say("quoted")));
    turn.append(text);
    told.notices.forEach((notice) => turn.append(make("p", { className: "note", lang: told.language }, notice)));
    if (sources.size) {
      const items = [...sources.values()].map((source) => make("li", {}, source));
      turn.append(make("p", { className: "note" }, say("sources")), make("ol", { className: "sources" }, ...items));
    }
    if (told.refused && told.nearest.length) {
      const items = told.nearest.map((article) => {
        const where = [article.title, article.publisher, article.published].filter(Boolean).join(" · ");
        return make("li", {}, where, " ", linkTo(article.url));
      });
      turn.append(make("p", { className: "note" }, say("nearest")), make("ul", {}, ...items));
    }
  }

  function build() {
    if (document.getElementById("gisa-widget")) return;
    const host = make("div", { id: "gisa-widget", lang: language });
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet(); // unlike a style element, allowed by any content security policy
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];

    const opener = make("button", { type: "button", className: "open main", "aria-haspopup": "dialog" }, say("open"));
    const closer = make("button", { type: "button" }, say("close"));
    const log = make("div", { className: "log", role: "log", tabIndex: 0, "aria-label": say("answer") });
    const status = make("p", { className: "status", role: "status" });
    const input = make("textarea", { rows: 2, maxLength: 2000, required: true });
    const send = make("button", { type: "submit", className: "main" }, say("send"));
    const stop = make("button", { type: "button", hidden: true }, say("stop"));
    const form = make("form", {}, make("label", {}, say("question"), input), send, stop);
    const title = make("h2", { id: "title" }, say("title"));
    const dialog = make("dialog", { "aria-labelledby": "title" }, make("header", {}, title, closer), log, status, form);
    log.append(make("p", { className: "note" }, say("hint")));
    root.append(opener, dialog);
    document.body.append(host);

    let conversation = null;
    let running = null;

    opener.onclick = () => {
      dialog.showModal();
      input.focus();
    };
    closer.onclick = () => dialog.close();
    dialog.onclose = () => opener.focus();
    stop.onclick = () => running?.abort();
    input.onkeydown = (event) => {
      // Enter that ends the composing of a syllable does not send
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    };
    dialog.onkeydown = (event) => {
      event.stopPropagation(); // shortcuts of the page are not for what is typed here
      if (event.key !== "Tab") return;
      const stops = [...dialog.querySelectorAll("button, textarea, summary, a[href], [tabindex='0']")];
      const reachable = stops.filter((element) => !element.disabled && element.checkVisibility());
      const [first, last] = [reachable[0], reachable.at(-1)];
      const [from, to] = event.shiftKey ? [first, last] : [last, first];
      if (root.activeElement !== from) return;
      event.preventDefault();
      to.focus();
    };
    form.onsubmit = async (event) => {
      event.preventDefault();
      const question = input.value.trim();
      if (!question || running) return;
      running = new AbortController();
      input.value = "";
      send.disabled = true;
      stop.hidden = false;
      const draft = make("p", { className: "draft", "aria-hidden": "true" });
      const heard = make("p", { className: "asked" }, question);
      const turn = make("div", { className: "turn" }, heard, draft);
      log.append(turn);
      const show = () => (log.scrollTop = log.scrollHeight);
      status.textContent = say("searching");
      show();
      const on = {
        evidence: ({ hits }) => (status.textContent = say("found", { n: hits.length })),
        token: ({ text }) => {
          if (!draft.firstChild) draft.append(`${say("draft")} `);
          draft.append(text);
          status.textContent = say("writing");
          show();
        },
        restart: () => draft.replaceChildren(),
      };
      try {
        const told = await ask(question, conversation, running.signal, on);
        conversation = told.conversation;
        fill(turn, told);
        status.textContent = say("ready");
      } catch (error) {
        const stopped = error.name === "AbortError";
        if (!stopped && !(error instanceof Problem)) throw error;
        const text = stopped ? say("stopped") : error.message;
        turn.append(make("p", { className: stopped ? "note" : "problem" }, text));
        status.textContent = "";
        if (!input.value) input.value = question;
      } finally {
        draft.remove();
        running = null;
        send.disabled = false;
        stop.hidden = true;
        heard.scrollIntoView({ block: "nearest" });
        if (dialog.open && !root.activeElement) input.focus();
      }
    };
  }

  if (document.body) build();
  else document.addEventListener("DOMContentLoaded", build);
})();
