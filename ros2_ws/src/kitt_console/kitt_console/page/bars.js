// KITT's scanner and voice bars, and the microphone's level.
export class Bars {
  #scanner = document.getElementById("scanner");
  #canvas = document.getElementById("voice");
  #ear = document.getElementById("ear");
  #note = document.getElementById("ear-note");

  constructor() { this.#draw(0); }

  moving(yes) { this.#scanner.classList.toggle("fast", yes); }

  speaker(item) {
    this.#draw(item.speaking ? item.level : 0);
    this.#canvas.setAttribute("aria-label", item.speaking ? `KITT says: ${item.text}` : "KITT is silent");
  }

  ear(item) {
    this.#ear.value = item.level;
    this.#note.textContent = item.own_voice ? "hears its own voice" : item.speaking ? "somebody speaks" : "silence";
  }

  // three columns of segments that grow from the middle; the outer two follow at two thirds
  #draw(level) {
    const g = this.#canvas.getContext("2d");
    const { width, height } = this.#canvas;
    g.clearRect(0, 0, width, height);
    const rows = 15;
    [0.66, 1, 0.66].forEach((share, column) => {
      const lit = Math.round(Math.min(1, Math.sqrt(level) * share) * rows);
      for (let row = 0; row < rows; row++) {
        const on = Math.abs(row - (rows - 1) / 2) < lit / 2;
        g.fillStyle = on ? "#ff4d42" : "#2b0f0e";
        g.fillRect(15 + column * 55, 3 + row * 7.7, 40, 5.5);
      }
    });
  }
}
