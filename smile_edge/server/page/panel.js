// The figures of the run, and a card of gauges for each face.

import { headAxes } from "./overlay.js";

const TEXT_EVERY_MS = 120; // numbers that change with every frame cannot be read

const number = (value, digits = 0) => (value === null || value === undefined ? "–" : value.toFixed(digits));
const angle = (value) => `${["−", "", "+"][Math.sign(Math.round(value)) + 1]}${Math.abs(value).toFixed(0)}°`;

/** Speed, latency, dropped frames of a source. */
export function showFigures(source, elements) {
  elements.fps.textContent = number(source.fps, source.fps < 10 ? 1 : 0);
  elements.latency.textContent = number(source.p50_ms, source.p50_ms < 10 ? 1 : 0);
  elements.dropped.textContent = number(source.dropped);
}

export class Faces {
  constructor(list, template) {
    this.list = list;
    this.template = template;
    this.cards = new Map();
    this.textDue = 0;
  }

  /** Shows the faces of a record; cards stay with their id. */
  show(faces) {
    const now = performance.now();
    const text = now >= this.textDue;
    if (text) this.textDue = now + TEXT_EVERY_MS;
    const seen = new Set(faces.map((face) => face.id));
    for (const [id, card] of this.cards) {
      if (seen.has(id)) continue;
      card.root.remove();
      this.cards.delete(id);
    }
    for (const face of faces) {
      const fresh = !this.cards.has(face.id);
      const card = fresh ? this.add(face.id) : this.cards.get(face.id);
      card.show(face, text || fresh);
    }
  }

  add(id) {
    const card = new Card(this.template.content.firstElementChild.cloneNode(true), id);
    this.cards.set(id, card);
    this.list.append(card.root);
    return card;
  }
}

class Card {
  constructor(root, id) {
    this.root = root;
    root.dataset.id = id;
    root.querySelector(".id").textContent = `Face ${id}`;
    this.score = root.querySelector(".score");
    this.pose = Object.fromEntries(["yaw", "pitch", "roll"].map((of) => [of, root.querySelector(`[data-of=${of}]`)]));
    this.lines = [..."xyz"].map((axis) => root.querySelector(`.dial .${axis}`));
    this.head = root.querySelector(".head");
    this.tip = root.querySelector(".tip");
    this.gauges = [...root.querySelectorAll(".gauges > div")].map((place) => ({
      of: place.dataset.of, place, value: place.querySelector("dd"), meter: place.querySelector("meter"), bar: place.querySelector("i"),
    }));
  }

  show(face, text) {
    const values = { "blink-right": face.blink[0], "blink-left": face.blink[1], mouth: face.mouth_open, smile: face.smile };
    for (const gauge of this.gauges) {
      const value = values[gauge.of];
      gauge.bar.style.transform = `scaleX(${value ?? 0})`;
      if (!text) continue;
      gauge.place.classList.toggle("unknown", value === null);
      gauge.value.textContent = value === null ? "not seen" : `${Math.round(value * 100)}%`;
      gauge.meter.value = value ?? 0;
    }
    this.showPose(face.pose, text);
    if (text) this.score.textContent = `score ${face.score.toFixed(2)}`;
  }

  showPose(pose, text) {
    this.head.style.display = pose ? "" : "none";
    if (text) for (const of of Object.keys(this.pose)) this.pose[of].textContent = pose ? angle(pose[of]) : "–";
    if (!pose) return;
    const axes = headAxes(pose);
    axes.forEach(([x, y], index) => {
      this.lines[index].setAttribute("x2", (34 * x).toFixed(1));
      this.lines[index].setAttribute("y2", (-34 * y).toFixed(1));
    });
    const [x, y] = axes[2];
    this.tip.setAttribute("cx", (34 * x).toFixed(1));
    this.tip.setAttribute("cy", (-34 * y).toFixed(1));
    [0, 1, 2].sort((a, b) => axes[a][2] - axes[b][2]).forEach((index) => this.head.append(this.lines[index]));
    this.head.append(this.tip);
  }
}
