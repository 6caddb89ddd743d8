// Faces drawn on a canvas: the parts as smooth lines and dots, the head's axes, the id.
// Colours go with the subject: right eye blue, left eye red, nose green, mouth white.

const COLOURS = {
  jaw: "#c8c8c8", rightBrow: "#78beff", leftBrow: "#ff8c8c", bridge: "#46dc5a", nostrils: "#46dc5a",
  rightEye: "#1478ff", leftEye: "#f53232", outerLip: "#ffffff", innerLip: "#ffffff", rightIris: "#5aaaff", leftIris: "#ff6e6e",
};
const AXES = ["#f03c3c", "#50d250", "#288cf0"]; // to the face's left, up, forwards
const SHADE = "rgba(16, 17, 20, .55)";

const range = (first, last) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

// A curve bends within a run; the corners of eyes and lips stay sharp. Points are those of the record, in its order.
const PARTS = [
  ["jaw", range(0, 16), [range(0, 16)]],
  ["rightBrow", range(17, 21), [range(17, 21)]],
  ["leftBrow", range(22, 26), [range(22, 26)]],
  ["bridge", range(27, 30), [range(27, 30)]],
  ["nostrils", range(31, 35), [range(31, 35)]],
  ["rightEye", range(36, 41), [[36, 37, 38, 39], [39, 40, 41, 36]]],
  ["leftEye", range(42, 47), [[42, 43, 44, 45], [45, 46, 47, 42]]],
  ["outerLip", range(48, 59), [range(48, 54), [...range(54, 59), 48]]],
  ["innerLip", range(60, 67), [range(60, 64), [64, 65, 66, 67, 60]]],
  ["rightIris", [68], []],
  ["leftIris", [69], []],
];
const LIP_WITHOUT_CORNERS = [61, 62, 63, 65, 66, 67, 61];

/** How far apart the eyes seem, where the face is seen in full: what everything drawn on it scales with. */
export function faceSize(face) {
  const { right_eye: right, left_eye: left, mouth } = face;
  if (!right || !left || !mouth) return 0;
  const down = Math.hypot(mouth[0] - (right[0] + left[0]) / 2, mouth[1] - (right[1] + left[1]) / 2);
  return Math.max(Math.hypot(left[0] - right[0], left[1] - right[1]), down);
}

/** The head's axes (to its left, up, forwards) in the picture's x to the right, y up, z to the camera. */
export function headAxes({ yaw, pitch, roll }) {
  const [y, p, r] = [yaw, pitch, roll].map((degrees) => (degrees * Math.PI) / 180);
  const [cy, sy, cp, sp, cr, sr] = [Math.cos(y), Math.sin(y), Math.cos(p), Math.sin(p), Math.cos(r), Math.sin(r)];
  // Columns of Rx(-pitch) Ry(yaw) Rz(-roll).
  const turn = (x, up) => [cy * x, cp * up - sp * sy * x, -sp * up - cp * sy * x];
  const left = turn(cr, -sr), above = turn(sr, cr);
  return [left, above, [sy, sp * cy, cp * cy]];
}

/** Draws one face. `at` turns a place in the record's pixels into one of the canvas; `scale` is its pixels for one. */
export function drawFace(context, face, at, scale, show) {
  const size = faceSize(face) * scale;
  if (!(size > 4)) return;
  if (show.points) drawPoints(context, face.points.map((point) => point && at(point)), size, scale);
  if (show.axes && face.pose && face.nose) drawAxes(context, at(face.nose), headAxes(face.pose), size, show.mirror);
}

/** Writes the id above the box. */
export function drawId(context, face, at, ratio) {
  const [x, y, width] = face.box;
  const [left, top] = at([x, y]), [right] = at([x + width, y]);
  const text = String(face.id);
  context.font = `600 ${13 * ratio}px system-ui, sans-serif`;
  const wide = context.measureText(text).width + 14 * ratio, high = 21 * ratio;
  const middle = (left + right) / 2, above = Math.max(top - high - 6 * ratio, 6 * ratio);
  context.fillStyle = "rgba(12, 14, 18, .72)";
  context.beginPath();
  context.roundRect(middle - wide / 2, above, wide, high, high / 2);
  context.fill();
  context.fillStyle = "#fff";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, middle, above + high / 2 + 0.5 * ratio);
}

function drawPoints(context, points, size) {
  const line = Math.max(size / 60, 1.1), radius = Math.max(size / 40, 0.9);
  const curves = PARTS.map(([part, indices, runs]) => [part, indices, known(points, runs)]);
  const lip = curves.find(([part]) => part === "innerLip");
  if (!lip[2].length) lip[2] = known(points, [LIP_WITHOUT_CORNERS]);
  context.lineCap = context.lineJoin = "round";
  if (size > 30) {
    context.strokeStyle = context.fillStyle = SHADE;
    context.lineWidth = line + 2;
    const shade = new Path2D();
    for (const [, , paths] of curves) for (const path of paths) shade.addPath(path);
    context.stroke(shade);
  }
  for (const [part, indices, paths] of curves) {
    context.strokeStyle = context.fillStyle = COLOURS[part];
    context.lineWidth = line;
    for (const path of paths) context.stroke(path);
    if (size < 26) continue;
    context.beginPath();
    for (const index of indices) {
      if (!points[index]) continue;
      const [x, y] = points[index];
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 2 * Math.PI);
    }
    context.fill();
  }
}

/** A smooth path (Catmull-Rom) through each run whose points are all known. */
function known(points, runs) {
  return runs.filter((run) => run.every((index) => points[index])).map((run) => smooth(run.map((index) => points[index])));
}

function smooth(knots) {
  const path = new Path2D();
  const closed = knots[0] === knots.at(-1);
  const before = closed ? knots.at(-2) : knots[0], after = closed ? knots[1] : knots.at(-1);
  const all = [before, ...knots, after];
  path.moveTo(...knots[0]);
  for (let index = 1; index < all.length - 2; index++) {
    const [p0, p1, p2, p3] = all.slice(index - 1, index + 3);
    path.bezierCurveTo(
      p1[0] + (p2[0] - p0[0]) / 6, p1[1] + (p2[1] - p0[1]) / 6,
      p2[0] - (p3[0] - p1[0]) / 6, p2[1] - (p3[1] - p1[1]) / 6, p2[0], p2[1],
    );
  }
  return path;
}

function drawAxes(context, [x, y], axes, size, mirror) {
  const order = [0, 1, 2].sort((a, b) => axes[a][2] - axes[b][2]); // the nearest last
  const width = Math.max(size / 22, 2);
  context.lineCap = "round";
  for (const index of order) {
    const end = [x + size * axes[index][0] * (mirror ? -1 : 1), y - size * axes[index][1]];
    for (const [colour, wide] of [[SHADE, width + 2.5], [AXES[index], width]]) {
      context.strokeStyle = colour;
      context.lineWidth = wide;
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(...end);
      context.stroke();
    }
    context.fillStyle = AXES[index];
    context.beginPath();
    context.arc(...end, width * 1.15, 0, 2 * Math.PI);
    context.fill();
  }
}
