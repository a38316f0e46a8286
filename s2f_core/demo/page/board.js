// The sheet: strokes of mouse, finger or pen, kept as what was done so that it can be undone.
import { shrunk } from "./pixels.js";

export const SIDE = 512; // pixels; a power of two times every model's size shrinks to exact means
const UNITS = 128; // widths are in so many parts of the side, as the hints are
const SOFTEST = 0.25; // of the width, of a pen that hardly touches

export class Board extends EventTarget {
  constructor(canvas) {
    super();
    this.canvas = canvas;
    canvas.width = canvas.height = SIDE;
    this.context = canvas.getContext("2d", { willReadFrequently: true });
    this.pen = { colour: "#000000", width: 2, erases: false };
    this.sheets = new Map(); // of each kind of sheet what was done, and undone
    this.version = 0;
    this.stroke = null;
    for (const [name, act] of Object.entries({
      pointerdown: this.begin, pointermove: this.move, pointerup: this.end, pointercancel: this.end,
    })) canvas.addEventListener(name, act.bind(this));
  }

  show(name, paper) {
    if (!this.sheets.has(name)) this.sheets.set(name, { done: [], undone: [], paper });
    this.sheet = this.sheets.get(name);
    this.redraw();
  }

  get empty() {
    const last = this.sheet.done.at(-1);
    return !last || last.kind === "clear";
  }

  // How many strokes, pictures and clearings there are to undo and to redo.
  get past() { return this.sheet.done.length; }
  get future() { return this.sheet.undone.length; }

  begin(event) {
    if (this.stroke || (event.pointerType === "mouse" && event.button !== 0)) return;
    this.canvas.setPointerCapture(event.pointerId);
    event.preventDefault();
    const colour = this.pen.erases || event.buttons === 32 ? this.sheet.paper : this.pen.colour;
    this.stroke = { kind: "stroke", id: event.pointerId, colour, points: [] };
    this.do(this.stroke);
    this.add(event);
  }

  move(event) {
    if (event.pointerId !== this.stroke?.id) return;
    const parts = event.getCoalescedEvents?.() ?? [];
    for (const part of parts.length ? parts : [event]) this.add(part, false);
    this.changed(event.timeStamp);
  }

  end(event) {
    if (event.pointerId !== this.stroke?.id) return;
    const { stroke } = this;
    this.stroke = null;
    finish(this.context, stroke);
    this.changed(event.timeStamp);
    this.dispatchEvent(new Event("settled"));
  }

  add(event, last = true) {
    const box = this.canvas.getBoundingClientRect();
    const pressure = event.pointerType === "pen" ? event.pressure : 0.5;
    const scale = SOFTEST + (1 - SOFTEST) * 2 * pressure;
    this.stroke.points.push([
      ((event.clientX - box.left) / box.width) * SIDE,
      ((event.clientY - box.top) / box.height) * SIDE,
      Math.max(1, (this.pen.width * scale * SIDE) / UNITS),
    ]);
    line(this.context, this.stroke, this.stroke.points.length - 1);
    if (last) this.changed(event.timeStamp);
  }

  do(act) {
    this.sheet.done.push(act);
    this.sheet.undone = [];
  }

  place(picture) {
    this.do({ kind: "picture", picture });
    this.redraw();
    this.settled();
  }

  clear() {
    if (this.empty) return;
    this.do({ kind: "clear" });
    this.redraw();
    this.settled();
  }

  undo() { this.step("done", "undone"); }
  redo() { this.step("undone", "done"); }

  step(from, to) {
    if (this.stroke || !this.sheet[from].length) return;
    this.sheet[to].push(this.sheet[from].pop());
    this.redraw();
    this.settled();
  }

  redraw() {
    const { done, paper } = this.sheet;
    this.context.fillStyle = paper;
    this.context.fillRect(0, 0, SIDE, SIDE);
    for (const act of done.slice(done.findLastIndex((one) => one.kind === "clear") + 1)) {
      if (act.kind === "picture") fitted(this.context, act.picture);
      else whole(this.context, act);
    }
  }

  settled() {
    this.changed(performance.now());
    this.dispatchEvent(new Event("settled"));
  }

  changed(time) {
    this.version += 1;
    this.dispatchEvent(new CustomEvent("changed", { detail: { time } }));
  }

  // The sheet as it is now, RGBA of `size` × `size`; made once for all models of that size.
  pixels(size) {
    if (this.made?.version !== this.version) {
      const { data } = this.context.getImageData(0, 0, SIDE, SIDE);
      this.made = { version: this.version, data, sizes: new Map() };
    }
    const { data, sizes } = this.made;
    if (!sizes.has(size)) sizes.set(size, shrunk(data, SIDE, size));
    return sizes.get(size);
  }

  // The same as bytes of RGB: a browser takes its time, a tenth of a second, to make a PNG.
  rgb(size) {
    const pixels = this.pixels(size);
    return new Blob([pixels.filter((_, at) => at % 4 < 3)], { type: "application/octet-stream" });
  }
}

function whole(context, stroke) {
  for (let at = 0; at < stroke.points.length; at += 1) line(context, stroke, at);
  finish(context, stroke);
}

// The part of a stroke that its point `at` adds: a curve from the middle before to the middle after
// the point before it. Each is as wide as the pen pressed there.
function line(context, { colour, points }, at) {
  const [x, y, width] = points[at];
  context.strokeStyle = context.fillStyle = colour;
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = width;
  context.beginPath();
  if (at === 0) {
    context.arc(x, y, width / 2, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  const [px, py] = points[at - 1];
  const [qx, qy] = at > 1 ? middle(points[at - 2], points[at - 1]) : [px, py];
  context.moveTo(qx, qy);
  context.quadraticCurveTo(px, py, ...middle(points[at - 1], points[at]));
  context.stroke();
}

function finish(context, { points }) {
  if (points.length < 2) return;
  const [x, y] = points.at(-1);
  context.beginPath();
  context.moveTo(...middle(points.at(-2), points.at(-1)));
  context.lineTo(x, y);
  context.stroke();
}

const middle = ([x, y], [u, v]) => [(x + u) / 2, (y + v) / 2];

// A picture as large as it fits, in the middle; what is clear in it shows the paper.
function fitted(context, picture) {
  const scale = SIDE / Math.max(picture.width, picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
}

// The middle square of a picture, as a PNG of the sheet's size.
export function square(picture) {
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = canvas.getContext("2d");
  const side = Math.min(picture.width, picture.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(
    picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, SIDE, SIDE,
  );
  return canvas.convertToBlob({ type: "image/png" });
}
