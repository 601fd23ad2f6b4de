// The emergency stop: a plain POST that needs no websocket, and says so loudly when it fails.
const PATIENCE_MS = 2000;

export class StopButton {
  #form = document.getElementById("stop");
  #button = document.getElementById("stop-button");
  #release = document.getElementById("release");
  #report = document.getElementById("stop-report");
  #mayRelease = false;
  #held = false;

  constructor() {
    this.#form.addEventListener("submit", (event) => { event.preventDefault(); this.press(); });
    this.#release.addEventListener("submit", (event) => { event.preventDefault(); this.#letGo(); });
    window.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.repeat) this.press();
    }, { capture: true }); // before anything in the page can take the key
  }

  allow(right) { this.#mayRelease = right === "drive"; this.#show(); }

  gate(item) {
    if (this.#held && !item.emergency_stop) this.#tell("", "");
    this.#held = item.emergency_stop;
    this.#show();
  }

  async press() {
    this.#tell("Stopping …", "warn");
    const problem = await post("/stop");
    if (problem) this.#tell(`THE EMERGENCY STOP FAILED: ${problem}`, "bad");
    else this.#tell("The emergency stop holds.", "good");
  }

  async #letGo() {
    const problem = await post("/release");
    this.#tell(problem ? `Not released: ${problem}` : "Released.", problem ? "bad" : "good");
  }

  #show() {
    this.#button.textContent = this.#held ? "EMERGENCY STOP HOLDS" : "EMERGENCY STOP";
    this.#button.classList.toggle("held", this.#held);
    this.#release.hidden = !(this.#held && this.#mayRelease);
  }

  #tell(text, kind) {
    this.#report.textContent = text;
    this.#report.className = kind;
  }
}

// the problem in words, null where there is none
async function post(path) {
  try {
    const reply = await fetch(path, {
      method: "POST", headers: { accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE_MS), keepalive: true,
    });
    if (reply.ok) return null;
    const answer = await reply.json().catch(() => ({}));
    return answer.error ?? `the console answered ${reply.status}`;
  } catch (error) {
    return error.name === "TimeoutError" ? "no answer within 2 s. Switch the car off by hand."
      : "the console cannot be reached. Switch the car off by hand.";
  }
}
