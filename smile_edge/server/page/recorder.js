// Records kept in this page, and saved as JSON lines. Nothing of it reaches the server.

const MOST_CHARACTERS = 200e6; // about half an hour of one face at 30 frames a second

export class Recorder {
  constructor() {
    this.lines = null;
    this.characters = 0;
  }

  get on() {
    return this.lines !== null;
  }

  get full() {
    return this.characters > MOST_CHARACTERS;
  }

  start() {
    this.lines = [];
    this.characters = 0;
    this.began = Date.now();
  }

  /** Keeps a record, unless there are too many. */
  add(record) {
    if (!this.on || this.full) return;
    this.lines.push(record, "\n");
    this.characters += record.length + 1;
  }

  text() {
    const seconds = Math.floor((Date.now() - this.began) / 1000);
    const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    return `${clock} · ${this.lines.length / 2} records${this.full ? " · full" : ""}`;
  }

  /** Ends, and saves what was kept. */
  save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(this.lines, { type: "application/jsonl" }));
    link.download = `faces-${new Date(this.began).toISOString().slice(0, 19).replaceAll(":", "-")}.jsonl`;
    this.lines = null;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }
}
