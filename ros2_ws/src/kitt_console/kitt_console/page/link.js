// The websocket: opens itself again, and says within a second when nothing comes any more.
const SILENT_MS = 700;
const RETRY_MS = 700;

export class Link {
  onItem = () => {};
  onPicture = () => {};
  onContact = () => {};
  time = null; // the server's newest clock [s]; the stick's messages carry it back

  #socket = null;
  #heardAt = performance.now();
  #there = null;

  open() {
    setInterval(() => this.#watch(), 100);
    this.#connect();
  }

  get there() { return this.#there === true; }

  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #connect() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/live`);
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = () => {
      if (socket !== this.#socket) return;
      this.#socket = null;
      this.#heardAt = Math.min(this.#heardAt, performance.now() - SILENT_MS - 1);
      this.#watch();
      setTimeout(() => this.#connect(), RETRY_MS);
    };
    this.#socket = socket;
  }

  #receive(data) {
    this.#heardAt = performance.now();
    this.#watch();
    if (typeof data !== "string") {
      const length = new DataView(data).getUint32(0, true);
      const head = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
      this.onPicture(head, new Blob([new Uint8Array(data, 4 + length)], { type: "image/jpeg" }));
      return;
    }
    for (const item of JSON.parse(data)) {
      if (item.kind === "tick") this.time = item.time;
      this.onItem(item);
    }
  }

  #watch() {
    const silent = performance.now() - this.#heardAt;
    const there = this.#socket?.readyState === WebSocket.OPEN && silent < SILENT_MS;
    if (there && this.#there) return;
    if (this.#there !== null || there || silent > SILENT_MS) {
      this.#there = there;
      this.onContact(there, silent / 1000);
    }
    // a connection that is open and dead is left: the network may have changed under it
    if (!there && silent > 5000 && this.#socket?.readyState === WebSocket.OPEN) this.#socket.close();
  }
}
