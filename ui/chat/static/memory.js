/* Conversations, remembered in this browser alone. Each tab has one of its own; a tab that finds its conversation open in
   another (a duplicated tab) goes on with a copy. */

const PREFIX = "gisa.talk.";
const MOST = 30;
const MINE = "gisa.talk";

/** A storage of the browser; where it is closed to pages, one that lasts as long as the page. */
function storage(name) {
  try {
    return window[name];
  } catch {
    const kept = new Map();
    return {
      get length() { return kept.size; },
      key: (place) => [...kept.keys()][place],
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => kept.set(key, value),
      removeItem: (key) => kept.delete(key),
    };
  }
}

const local = storage("localStorage");
const session = storage("sessionStorage");
const fresh = () => ({ id: crypto.randomUUID?.() ?? String(Math.random()).slice(2), at: Date.now(), turns: [] });

function read(id) {
  try {
    const talk = JSON.parse(local.getItem(PREFIX + id));
    return talk && Array.isArray(talk.turns) ? talk : null;
  } catch {
    return null; // not ours
  }
}

/** All conversations, newest first. */
export function talks() {
  const found = [];
  for (let place = 0; place < local.length; place++) {
    const name = local.key(place);
    if (name.startsWith(PREFIX)) found.push(read(name.slice(PREFIX.length)));
  }
  return found.filter((talk) => talk?.turns.length).sort((one, other) => other.at - one.at);
}

/** This tab's conversation; a turn whose answer never came is marked as interrupted. */
export function restore() {
  const talk = read(session.getItem(MINE)) ?? fresh();
  for (const turn of talk.turns) if (turn.state === "asking") turn.state = "interrupted";
  claim(talk);
  return talk;
}

/** Have this tab go on with a conversation: that of an id, or a new one. */
export function open(id) {
  const talk = (id && read(id)) || fresh();
  claim(talk);
  return talk;
}

let letGo = () => {};

function claim(talk) {
  letGo();
  session.setItem(MINE, talk.id);
  if (!navigator.locks) return; // only pages over https or of this machine have them
  const waited = AbortSignal.timeout(5000); // a page that is being left lets go by then
  navigator.locks
    .request(PREFIX + talk.id, { signal: waited }, () => new Promise((release) => (letGo = release)))
    .catch(() => {
      talk.id = fresh().id;
      session.setItem(MINE, talk.id);
      if (talk.turns.length) save(talk);
    });
}

export function save(talk) {
  talk.at = Date.now();
  const text = JSON.stringify(talk);
  const old = talks().filter((one) => one.id !== talk.id);
  while (old.length >= MOST) local.removeItem(PREFIX + old.pop().id);
  for (;;) {
    try {
      local.setItem(PREFIX + talk.id, text);
      return;
    } catch (error) {
      if (error.name !== "QuotaExceededError" || !old.length) return; // it is still on the screen
      local.removeItem(PREFIX + old.pop().id);
    }
  }
}

export function forgetAll() {
  for (const talk of talks()) local.removeItem(PREFIX + talk.id);
}
