// The path driven and what the laser sees, the car in the middle, its nose up.
const STEP_M = 0.1;
const LONGEST = 3000;
const PERIOD_MS = 100;

export class MapView {
  #canvas = document.getElementById("map");
  #path = [];
  #pose = null;
  #scan = null;
  #span = 24; // m across
  #drawnAt = 0;

  constructor() {
    document.getElementById("map-in").addEventListener("click", () => this.#zoom(1 / 1.5));
    document.getElementById("map-out").addEventListener("click", () => this.#zoom(1.5));
    document.getElementById("map-clear").addEventListener("click", () => { this.#path = []; this.#draw(); });
    this.#draw();
  }

  odom(item) {
    if (item.x === null || item.y === null || item.yaw === null) return;
    this.#pose = item;
    const last = this.#path.at(-1);
    const jump = last ? Math.hypot(item.x - last[0], item.y - last[1]) : Infinity;
    if (jump > 5) this.#path = []; // another start
    if (jump > STEP_M) this.#path.push([item.x, item.y]);
    if (this.#path.length > LONGEST) this.#path.shift();
    if (performance.now() - this.#drawnAt > PERIOD_MS) this.#draw();
  }

  scan(item) { this.#scan = item; }

  #zoom(factor) {
    this.#span = Math.min(200, Math.max(4, this.#span * factor));
    this.#draw();
  }

  #draw() {
    this.#drawnAt = performance.now();
    const { width, height } = this.#canvas;
    const g = this.#canvas.getContext("2d");
    const scale = width / this.#span;
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.fillStyle = "#05070a";
    g.fillRect(0, 0, width, height);
    this.#rings(g, width, height, scale);
    if (!this.#pose) return;
    const { x, y, yaw } = this.#pose;
    const place = (px, py) => { // odom to canvas: x of the car is up, its y left
      const dx = px - x, dy = py - y;
      const ahead = dx * Math.cos(yaw) + dy * Math.sin(yaw), left = -dx * Math.sin(yaw) + dy * Math.cos(yaw);
      return [width / 2 - left * scale, height / 2 - ahead * scale];
    };
    g.strokeStyle = "#5fd38a";
    g.lineWidth = 2;
    g.beginPath();
    this.#path.forEach(([px, py], i) => g[i ? "lineTo" : "moveTo"](...place(px, py)));
    g.lineTo(width / 2, height / 2);
    g.stroke();
    g.fillStyle = "#ffd166";
    this.#scan?.ranges.forEach((range, i) => {
      if (range === null) return;
      const angle = this.#scan.angle + i * this.#scan.step;
      const ahead = this.#scan.x + range * Math.cos(angle), left = range * Math.sin(angle);
      g.fillRect(width / 2 - left * scale - 1.5, height / 2 - ahead * scale - 1.5, 3, 3);
    });
    g.fillStyle = "#ff4d42";
    g.beginPath();
    g.moveTo(width / 2, height / 2 - 10);
    g.lineTo(width / 2 + 7, height / 2 + 8);
    g.lineTo(width / 2 - 7, height / 2 + 8);
    g.fill();
    const label = `x ${x.toFixed(1)} m, y ${y.toFixed(1)} m, heading ${((yaw * 180) / Math.PI).toFixed(0)}°`;
    this.#canvas.setAttribute("aria-label", `map, the car at ${label}`);
    g.fillStyle = "#a9b4bf";
    g.font = "13px system-ui, sans-serif";
    g.fillText(label, 8, height - 8);
  }

  #rings(g, width, height, scale) {
    const step = this.#span > 60 ? 20 : this.#span > 15 ? 5 : 1;
    g.strokeStyle = "#222a33";
    g.fillStyle = "#8b97a3";
    g.font = "12px system-ui, sans-serif";
    for (let r = step; r < this.#span; r += step) {
      g.beginPath();
      g.arc(width / 2, height / 2, r * scale, 0, 2 * Math.PI);
      g.stroke();
      if (r * scale < height / 2) g.fillText(`${r} m`, width / 2 + 3, height / 2 - r * scale - 3);
    }
  }
}
