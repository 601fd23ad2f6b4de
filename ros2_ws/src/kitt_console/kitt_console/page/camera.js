// The picture with boxes, ids and distances; both come together, so that a box lies where its object was.
const COLOURS = { person: "#ffd166", bicycle: "#ffd166", "stop sign": "#ff6b6b", "traffic light": "#ff6b6b" };

export class Camera {
  #canvas = document.getElementById("camera");
  #note = document.getElementById("camera-note");
  #facts = document.getElementById("camera-facts");
  #times = [];
  #told = 0;
  #lastAt = performance.now();

  constructor(link) {
    this.link = link;
    setInterval(() => this.#watch(), 250);
  }

  async show(head, jpeg) {
    try {
      const picture = await createImageBitmap(jpeg);
      this.#draw(picture, head);
      picture.close();
      this.#lastAt = performance.now();
      this.#note.textContent = head.boxes === null ? "no detections for this picture" : "";
    } catch {
      this.#note.textContent = "a picture could not be read";
    } finally {
      this.link.send({ kind: "shown" });
    }
  }

  #draw(picture, head) {
    const canvas = this.#canvas;
    if (canvas.width !== picture.width || canvas.height !== picture.height) {
      canvas.width = picture.width;
      canvas.height = picture.height;
    }
    const g = canvas.getContext("2d");
    g.drawImage(picture, 0, 0);
    const pixel = canvas.width / Math.max(1, canvas.clientWidth); // of the picture, for one of the screen
    const scale = head.size ? canvas.width / head.size[0] : 1;
    g.lineWidth = 2 * pixel;
    g.font = `600 ${Math.round(13 * pixel)}px system-ui, sans-serif`;
    g.textBaseline = "bottom";
    const height = 18 * pixel;
    const taken = []; // labels that stand already: the largest box has the first word, what would cover it is left out
    const items = [...(head.boxes ?? [])].sort((a, b) => b.box[2] * b.box[3] - a.box[2] * a.box[3]);
    for (const item of items) {
      const [x, y, w, h] = item.box.map((value) => value * scale);
      g.strokeStyle = g.fillStyle = COLOURS[item.label] ?? "#7db7ff";
      g.strokeRect(x, y, w, h);
      const text = label(item);
      const width = g.measureText(text).width + 8 * pixel;
      const left = Math.min(Math.max(0, x), canvas.width - width);
      const bottom = Math.max(height, y);
      const covers = (other) => left < other[0] + other[2] && other[0] < left + width && Math.abs(bottom - other[1]) < height;
      if (taken.some(covers)) continue;
      taken.push([left, bottom, width]);
      g.fillRect(left, bottom - height, width, height);
      g.fillStyle = "#000";
      g.fillText(text, left + 4 * pixel, bottom - pixel);
    }
    this.#tell(head);
  }

  #tell(head) {
    const now = performance.now();
    this.#times = [...this.#times.filter((at) => now - at < 2000), now];
    if (now - this.#told < 1000) return;
    this.#told = now;
    const rate = (this.#times.length / 2).toFixed(0);
    this.#facts.textContent = `${rate} pictures a second, ${Math.round((head.age ?? 0) * 1000)} ms old when sent`;
    this.#canvas.setAttribute("aria-label", summary(head.boxes));
  }

  #watch() {
    const silent = (performance.now() - this.#lastAt) / 1000;
    if (silent > 1) this.#note.textContent = `no picture for ${silent.toFixed(0)} s`;
  }
}

function label(item) {
  const distance = item.distance === null ? "" : ` ${item.distance.toFixed(1)} m`;
  return `${item.label}${item.id ? ` #${item.id}` : ""}${distance}`;
}

function summary(boxes) {
  if (!boxes) return "the camera's picture; no detections";
  if (!boxes.length) return "the camera's picture; nothing recognised";
  return `the camera's picture: ${boxes.slice(0, 6).map(label).join(", ")}`;
}
