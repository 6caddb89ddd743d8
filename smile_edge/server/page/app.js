// The page put together: what arrives is shown, what the viewer presses is done. Nothing is loaded from elsewhere.

import { Connection } from "./connection.js";
import { Faces, showFigures } from "./panel.js";
import { Recorder } from "./recorder.js";
import { Stage } from "./stage.js";

const NOTICES = {
  token: ["This page needs its link", "Open the link that smile-edge serve printed when it started. Another start makes another link, unless SMILE_EDGE_TOKEN names one."],
  full: ["Too many viewers", "The server has as many as it takes. This page tries again by itself."],
  gone: ["The server is gone", "This page comes back by itself when the server does."],
};

const element = (id) => document.getElementById(id);
const figures = { fps: element("fps"), latency: element("latency"), dropped: element("dropped") };
const stage = new Stage(element("canvas"));
const faces = new Faces(element("faces"), element("card"));
const recorder = new Recorder();
let names = [];
let last = ""; // source and frame that were shown last
let connected = false;

const connection = new Connection({ frame, status, opened, lost });

async function frame(text, picture) {
  const record = JSON.parse(text);
  const key = `${record.source}\n${record.frame}`;
  if (key === last) return;
  last = key;
  if (names.length > 1 && record.source !== connection.source) return;
  keep(text);
  if (document.hidden) return;
  const bitmap = picture && (await createImageBitmap(picture));
  element("stage").style.setProperty("--shape", `${record.width} / ${record.height}`);
  stage.put(record, bitmap);
  faces.show(record.faces);
  element("count").textContent = record.faces.length;
  element("nobody").hidden = record.faces.length > 0;
  element("latency-name").textContent = record.age_ms === undefined ? "Per frame" : "Latency";
}

function keep(text) {
  if (!recorder.on) return;
  recorder.add(text);
  element("recording").lastElementChild.textContent = recorder.text();
}

function status(run) {
  showSources(run.sources.map((source) => source.name));
  const source = run.sources.find(({ name }) => name === connection.source) ?? run.sources[0];
  showFigures(source, figures);
  const viewers = run.viewers === 1 ? "1 viewer" : `${run.viewers} viewers`;
  element("about").textContent = [
    `${source.name} on ${run.provider}`, viewers, run.picture ? null : "pictures are not sent", `smile-edge ${run.version}`,
  ].filter(Boolean).join(" · ");
  showState(source);
  if (recorder.on) element("recording").lastElementChild.textContent = recorder.text();
}

function showState(source) {
  if (source.state === "lost") return say("off", "Source lost", "The source is lost", source.reason ?? "");
  if (source.state === "ended") return say("wait", "Ended");
  if (source.state === "starting") return say("wait", "Waiting", "Waiting for the first frame", source.name);
  if (source.state === "silent") {
    return say("wait", "No frames", "No frames", `${source.name} has given none for ${Math.round(source.silent_s)} seconds.`);
  }
  say("live", "Live");
}

function say(state, word, title = "", text = "") {
  const pill = element("link");
  pill.dataset.state = state;
  pill.lastElementChild.textContent = word;
  const notice = element("notice");
  notice.hidden = !title;
  notice.firstElementChild.textContent = title;
  notice.lastElementChild.textContent = text;
}

function showSources(found) {
  if (found.join("\n") === names.join("\n")) return;
  names = found;
  const list = element("sources");
  list.hidden = names.length < 2;
  list.replaceChildren(...names.map((name) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = button.title = name;
    button.onclick = () => choose(name);
    return button;
  }));
  if (names.length > 1 && !names.includes(connection.source)) choose(names[0]);
  else markSource();
}

function choose(name) {
  last = "";
  stage.clear();
  faces.show([]);
  connection.open(name);
  markSource();
}

function markSource() {
  for (const button of element("sources").children) {
    if (button.textContent === connection.source) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

function opened() {
  connected = true;
  last = "";
}

function lost({ kind, reason }) {
  if (kind === "ended") return say("off", "Stopped", "The server has stopped", reason);
  const [title, text] = NOTICES[kind];
  say("off", kind === "gone" && !connected ? "No server" : "Reconnecting", title, text);
}

function toggle(id, change) {
  const button = element(id);
  button.onclick = () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", on);
    change(on);
  };
}

for (const id of ["points", "axes", "mirror"]) {
  toggle(id, (on) => {
    stage.show[id] = on;
    stage.draw();
  });
}
toggle("record", (on) => {
  if (on) recorder.start();
  else recorder.save();
  element("recording").hidden = !on;
  if (on) element("recording").lastElementChild.textContent = recorder.text();
});
if (document.fullscreenEnabled) {
  element("full").onclick = () => (document.fullscreenElement ? document.exitFullscreen() : element("stage").requestFullscreen());
} else element("full").hidden = true;

const KEYS = { p: "points", a: "axes", m: "mirror", r: "record", f: "full" };
addEventListener("keydown", (event) => {
  if (!event.ctrlKey && !event.metaKey && !event.altKey && KEYS[event.key]) element(KEYS[event.key]).click();
});
addEventListener("beforeunload", (event) => {
  if (recorder.on) event.preventDefault();
});

connection.open();
