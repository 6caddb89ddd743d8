// The canvas: the newest picture, as large as there is room, with its faces drawn on it.

import { drawFace, drawId } from "./overlay.js";

export class Stage {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.show = { points: true, axes: true, mirror: false };
    this.record = this.picture = null;
    new ResizeObserver(() => this.fit()).observe(canvas);
  }

  /** Shows a record with its picture (an ImageBitmap, or null), until the next one. */
  put(record, picture) {
    if (this.picture && this.picture !== picture) this.picture.close();
    this.record = record;
    this.picture = picture;
    this.draw();
  }

  clear() {
    this.put(null, null);
  }

  fit() {
    const { width, height } = this.canvas.getBoundingClientRect();
    this.ratio = Math.min(window.devicePixelRatio || 1, 3);
    this.canvas.width = Math.round(width * this.ratio);
    this.canvas.height = Math.round(height * this.ratio);
    this.draw();
  }

  draw() {
    const { context, canvas, record, show } = this;
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!record || !canvas.width) return;
    const scale = Math.min(canvas.width / record.width, canvas.height / record.height);
    const wide = record.width * scale, high = record.height * scale;
    const left = (canvas.width - wide) / 2, top = (canvas.height - high) / 2;
    if (this.picture) this.drawPicture(left, top, wide, high);
    else this.drawGround(left, top, wide, high);
    // Coordinates count from the centre of the first pixel.
    const at = ([x, y]) => {
      const along = (x + 0.5) * scale;
      return [left + (show.mirror ? wide - along : along), top + (y + 0.5) * scale];
    };
    context.save();
    context.beginPath();
    context.rect(left, top, wide, high);
    context.clip();
    for (const face of record.faces) drawFace(context, face, at, scale, show);
    for (const face of record.faces) drawId(context, face, at, this.ratio);
    context.restore();
  }

  drawPicture(left, top, wide, high) {
    const { context } = this;
    context.save();
    context.imageSmoothingQuality = "high";
    if (this.show.mirror) {
      context.translate(2 * left + wide, 0);
      context.scale(-1, 1);
    }
    context.drawImage(this.picture, left, top, wide, high);
    context.restore();
  }

  /** Where the server sends no pictures: a quiet grid, so that a movement can be seen. */
  drawGround(left, top, wide, high) {
    const { context } = this;
    context.fillStyle = "#1b1e25";
    context.fillRect(left, top, wide, high);
    context.fillStyle = "#343945";
    const step = Math.max(wide, high) / 24, dot = Math.max(this.ratio, 1);
    for (let x = left + step / 2; x < left + wide; x += step)
      for (let y = top + step / 2; y < top + high; y += step) context.fillRect(x, y, dot, dot);
  }
}
