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
    for (const item of head.boxes ?? []) {
      const [x, y, w, h] = item.box.map((value) => value * scale);
      const colour = COLOURS[item.label] ?? "#7db7ff";
      g.strokeStyle = colour;
      g.strokeRect(x, y, w, h);
      const text = label(item);
      const width = g.measureText(text).width + 8 * pixel;
      const left = Math.min(Math.max(0, x), canvas.width - width);
      const bottom = Math.max(18 * pixel, y);
      g.fillStyle = colour;
      g.fillRect(left, bottom - 18 * pixel, width, 18 * pixel);
      g.fillStyle = "#000";
      g.fillText(text, left + 4 * pixel, bottom - 1 * pixel);
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
