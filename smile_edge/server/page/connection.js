// The WebSocket to the server: opened, read, answered, and opened again when it is gone.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;
const SILENCE_MS = 5000; // a status comes every second: after this the way to the server is broken

/** Splits a message of /view into its record (text) and its picture (a Blob; null where none is sent). */
export function parts(buffer) {
  const length = new DataView(buffer).getUint32(0);
  const record = new TextDecoder().decode(new Uint8Array(buffer, 4, length));
  const picture = buffer.byteLength > 4 + length ? new Blob([new Uint8Array(buffer, 4 + length)], { type: "image/jpeg" }) : null;
  return { record, picture };
}

/** Keeps a connection to /view. Handlers: frame(record, picture) may be async, status(object), opened(), lost(why). */
export class Connection {
  constructor(handlers) {
    this.handlers = handlers;
    this.source = null;
    this.wait = FIRST_WAIT_MS;
    this.shown = Promise.resolve();
  }

  /** Connects, or changes to another source. */
  open(source = this.source) {
    this.source = source;
    clearTimeout(this.timer);
    this.leave();
    const query = source === null ? "" : `?source=${encodeURIComponent(source)}`;
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/view${query}`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      socket.accepted = true;
      this.handlers.opened();
    };
    socket.onmessage = (event) => this.read(socket, event.data);
    socket.onclose = (event) => this.again(socket, event.reason);
    this.socket = socket;
  }

  leave() {
    const socket = this.socket;
    this.socket = null;
    clearTimeout(this.silence);
    if (socket) socket.close();
  }

  read(socket, data) {
    if (socket !== this.socket) return;
    this.wait = FIRST_WAIT_MS;
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.again(socket, ""), SILENCE_MS);
    if (typeof data === "string") return this.handlers.status(JSON.parse(data).status);
    this.shown = this.shown.then(() => this.show(socket, data)); // one after the other: pictures decode at their own pace
  }

  async show(socket, data) {
    if (socket !== this.socket) return;
    const { record, picture } = parts(data);
    try {
      await this.handlers.frame(record, picture);
    } catch (error) {
      console.error(error);
    }
    if (socket.readyState === WebSocket.OPEN) socket.send("shown");
  }

  async again(socket, reason) {
    if (socket !== this.socket) return;
    this.leave();
    this.handlers.lost(await this.why(reason, socket.accepted));
    if (this.socket) return; // somebody has chosen another source meanwhile
    this.timer = setTimeout(() => this.open(), this.wait);
    this.wait = Math.min(this.wait * 1.6, LONGEST_WAIT_MS);
  }

  /** A WebSocket that is refused does not say why; a request does. */
  async why(reason, accepted) {
    if (reason) return { kind: "ended", reason };
    try {
      const answer = await fetch("api/latest", { cache: "no-store", signal: AbortSignal.timeout(3000) });
      if (answer.status === 401) return { kind: "token" };
      return { kind: accepted ? "gone" : "full" };
    } catch {
      return { kind: "gone" };
    }
  }
}
