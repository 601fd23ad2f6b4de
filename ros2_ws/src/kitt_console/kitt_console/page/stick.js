// The stick with its deadman: it speaks 20 times a second while it is held, and is silent otherwise.
const PERIOD_MS = 50;
const KEYS = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, 1], ArrowRight: [0, -1] };
const REASONS = {
  late: "The connection is too slow to steer: nothing moves.",
  "another hand steers": "Somebody else holds the stick.",
  "may not drive": "This link only watches.",
  "too fast": "Too many messages; some were left out.",
};

export class Stick {
  #pad = document.getElementById("pad");
  #knob = document.getElementById("knob");
  #report = document.getElementById("stick-report");
  #keys = new Set();
  #pointer = null;
  #wish = [0, 0];
  #timer = 0;
  #mayDrive = false;

  constructor(link) {
    this.link = link;
    const pad = this.#pad;
    pad.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      pad.setPointerCapture(event.pointerId);
      this.#pointer = event.pointerId;
      this.#drag(event);
    });
    pad.addEventListener("pointermove", (event) => { if (event.pointerId === this.#pointer) this.#drag(event); });
    for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) {
      pad.addEventListener(kind, () => this.letGo());
    }
    pad.addEventListener("keydown", (event) => {
      if (!(event.key in KEYS)) return;
      event.preventDefault();
      this.#keys.add(event.key);
      this.#fromKeys();
    });
    pad.addEventListener("keyup", (event) => {
      if (this.#keys.delete(event.key)) this.#fromKeys();
    });
    pad.addEventListener("blur", () => this.letGo());
    window.addEventListener("blur", () => this.letGo());
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.letGo(); });
    pad.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  allow(right) {
    this.#mayDrive = right === "drive";
    this.#pad.setAttribute("aria-disabled", String(!this.#mayDrive));
    if (!this.#mayDrive) this.#tell("This link only watches.");
  }

  refused(reason) {
    if (reason in REASONS) this.#tell(REASONS[reason]);
  }

  letGo() {
    this.#pointer = null;
    this.#keys.clear();
    if (this.#timer) this.#move(0, 0);
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#pad.classList.remove("held");
    this.#place();
  }

  #drag(event) {
    const box = this.#pad.getBoundingClientRect();
    const x = (2 * (event.clientX - box.left)) / box.width - 1;
    const y = (2 * (event.clientY - box.top)) / box.height - 1;
    const length = Math.max(1, Math.hypot(x, y));
    this.#hold(-y / length, -x / length);
  }

  #fromKeys() {
    if (!this.#keys.size) { this.letGo(); return; }
    const sum = [...this.#keys].reduce(([f, t], key) => [f + KEYS[key][0], t + KEYS[key][1]], [0, 0]);
    this.#hold(sum[0] * 0.6, sum[1] * 0.6);
  }

  #hold(forward, turn) {
    if (!this.#mayDrive || !this.link.there) { this.letGo(); return; }
    // a little rest in the middle, so that straight on is straight on
    this.#wish = [forward, turn].map((value) => (Math.abs(value) < 0.08 ? 0 : Math.max(-1, Math.min(1, value))));
    this.#pad.classList.add("held");
    this.#place();
    if (!this.#timer) {
      this.#tell("");
      this.#timer = setInterval(() => this.#move(...this.#wish), PERIOD_MS);
      this.#move(...this.#wish);
    }
  }

  #move(forward, turn) {
    this.#wish = [forward, turn];
    if (this.link.time !== null) this.link.send({ kind: "steer", forward, turn, echo: this.link.time });
  }

  #place() {
    const [forward, turn] = this.#wish;
    this.#knob.style.left = `${50 - 34 * turn}%`;
    this.#knob.style.top = `${50 - 34 * forward}%`;
  }

  #tell(text) { if (this.#report.textContent !== text) this.#report.textContent = text; }
}
