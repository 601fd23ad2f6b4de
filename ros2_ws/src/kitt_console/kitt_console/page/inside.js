// Looks into the networks: asks the console for figures, once or again and again while the page is in sight.
import { StopButton } from "./stop.js";

const AGAIN_MS = 1200;
const KINDS = ["picture", "sound", "text"];
const byId = (id) => document.getElementById(id);
const note = byId("note");
new StopButton();

let kind = "picture";
let live = false;
let busy = false;
let waiting = false;
let timer = 0;

function address() {
  if (kind !== "text") return `/inside/${kind}`;
  return `/inside/text?${new URLSearchParams({ text: byId("line").value, language: byId("language").value })}`;
}

async function look() {
  clearTimeout(timer);
  if (busy) return;
  if (kind === "text" && !byId("line").value.trim()) { tell("Type a sentence and watch the state grow."); return; }
  busy = true;
  const asked = address();
  if (!byId("view").childElementCount) tell("Looking …");
  try {
    const reply = await fetch(asked, { signal: AbortSignal.timeout(20000) });
    waiting = reply.status === 503; // nothing yet: that it was asked for makes it come
    if (!reply.ok) throw new Error((await reply.json().catch(() => ({}))).error ?? `the console answered ${reply.status}`);
    show(await reply.text());
  } catch (error) {
    tell(error.name === "TypeError" ? "The console cannot be reached." : error.message);
  } finally {
    busy = false;
  }
  if (asked !== address()) look(); // typed on meanwhile
  else if (live || waiting) timer = setTimeout(() => { if (!document.hidden) look(); }, AGAIN_MS);
}

// The server writes this HTML itself and escapes every word in it; the page's policy lets no script in it run.
function show(html) {
  const places = [...document.querySelectorAll("#view .scroll")].map((element) => element.scrollTop);
  byId("view").innerHTML = html;
  document.querySelectorAll("#view .scroll").forEach((element, i) => { element.scrollTop = places[i] ?? 0; });
  tell(`Looked at ${new Date().toLocaleTimeString()}.`);
}

function tell(words) { note.textContent = words; }

function choose(next) {
  kind = next;
  for (const name of KINDS) byId(name).ariaPressed = String(name === kind);
  byId("ask").hidden = kind !== "text";
  byId("view").replaceChildren();
  if (kind === "text") byId("line").focus();
  look();
}

for (const name of KINDS) byId(name).addEventListener("click", () => choose(name));
byId("now").addEventListener("click", look);
byId("live").addEventListener("click", () => {
  live = !live;
  byId("live").ariaPressed = String(live);
  look();
});
byId("line").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, 200); });
byId("language").addEventListener("change", look);
byId("ask").addEventListener("submit", (event) => { event.preventDefault(); look(); });
document.addEventListener("visibilitychange", () => { if ((live || waiting) && !document.hidden) look(); });
look();
