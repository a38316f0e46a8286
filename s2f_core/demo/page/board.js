// The drawing board: strokes of mouse, finger or pen, with undo and redo.
import { shrink } from "./pixels.js";

export const SIDE = 512; // pixels; a power of two times a model's size shrinks to exact means
const UNITS = 128; // pen widths are in 128ths of the side, as in the hints
const MIN_PRESSURE_SCALE = 0.25; // of the width, for a pen that hardly touches

// Dispatches "changed" after every change, with its time.
export class Board extends EventTarget {
  constructor(canvas) {
    super();
    this.canvas = canvas;
    canvas.width = canvas.height = SIDE;
    this.context = canvas.getContext("2d", { willReadFrequently: true });
    this.pen = { colour: "#000000", width: 2, erases: false };
    this.drawings = new Map(); // by name of the canvas: what was done and undone
    this.version = 0;
    this.stroke = null;
    for (const [name, handler] of Object.entries({
      pointerdown: this.startStroke,
      pointermove: this.continueStroke,
      pointerup: this.endStroke,
      pointercancel: this.endStroke,
    })) canvas.addEventListener(name, handler.bind(this));
  }

  show(name, background) {
    if (!this.drawings.has(name)) this.drawings.set(name, { done: [], undone: [], background });
    this.drawing = this.drawings.get(name);
    this.redraw();
  }

  get isEmpty() {
    const last = this.drawing.done.at(-1);
    return !last || last.type === "clear";
  }

  // The number of steps that can be undone and redone.
  get undoCount() { return this.drawing.done.length; }
  get redoCount() { return this.drawing.undone.length; }

  startStroke(event) {
    if (this.stroke || (event.pointerType === "mouse" && event.button !== 0)) return;
    this.canvas.setPointerCapture(event.pointerId);
    event.preventDefault();
    const erases = this.pen.erases || event.buttons === 32; // 32: the eraser end of a pen
    const colour = erases ? this.drawing.background : this.pen.colour;
    this.stroke = { type: "stroke", id: event.pointerId, colour, points: [] };
    this.addStep(this.stroke);
    this.addPoint(event);
    this.notifyChange(event.timeStamp);
  }

  continueStroke(event) {
    if (event.pointerId !== this.stroke?.id) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) this.addPoint(each);
    this.notifyChange(event.timeStamp);
  }

  endStroke(event) {
    if (event.pointerId !== this.stroke?.id) return;
    const { stroke } = this;
    this.stroke = null;
    drawEnd(this.context, stroke);
    this.notifyChange(event.timeStamp);
  }

  addPoint(event) {
    const box = this.canvas.getBoundingClientRect();
    const pressure = event.pointerType === "pen" ? event.pressure : 0.5;
    const scale = MIN_PRESSURE_SCALE + (1 - MIN_PRESSURE_SCALE) * 2 * pressure;
    this.stroke.points.push([
      ((event.clientX - box.left) / box.width) * SIDE,
      ((event.clientY - box.top) / box.height) * SIDE,
      Math.max(1, (this.pen.width * scale * SIDE) / UNITS),
    ]);
    drawSegment(this.context, this.stroke, this.stroke.points.length - 1);
  }

  addStep(step) {
    this.drawing.done.push(step);
    this.drawing.undone = [];
  }

  placePicture(picture) {
    this.addStep({ type: "picture", picture });
    this.redraw();
    this.notifyChange();
  }

  clear() {
    if (this.isEmpty) return;
    this.addStep({ type: "clear" });
    this.redraw();
    this.notifyChange();
  }

  undo() { this.moveStep("done", "undone"); }
  redo() { this.moveStep("undone", "done"); }

  moveStep(from, to) {
    if (this.stroke || !this.drawing[from].length) return;
    this.drawing[to].push(this.drawing[from].pop());
    this.redraw();
    this.notifyChange();
  }

  redraw() {
    const { done, background } = this.drawing;
    this.context.fillStyle = background;
    this.context.fillRect(0, 0, SIDE, SIDE);
    for (const step of done.slice(done.findLastIndex(({ type }) => type === "clear") + 1)) {
      if (step.type === "picture") drawPicture(this.context, step.picture);
      else drawStroke(this.context, step);
    }
  }

  notifyChange(time = performance.now()) {
    this.version += 1;
    this.dispatchEvent(new CustomEvent("changed", { detail: { time } }));
  }

  // The drawing as RGBA of `size` × `size`, cached for all models of that size.
  pixels(size) {
    if (this.cache?.version !== this.version) {
      const { data } = this.context.getImageData(0, 0, SIDE, SIDE);
      this.cache = { version: this.version, data, sizes: new Map() };
    }
    const { data, sizes } = this.cache;
    if (!sizes.has(size)) sizes.set(size, shrink(data, SIDE, size));
    return sizes.get(size);
  }

  // The same as bytes of RGB: a browser takes a tenth of a second to make a PNG.
  rgb(size) {
    const pixels = this.pixels(size);
    return new Blob([pixels.filter((_, index) => index % 4 < 3)], { type: "application/octet-stream" });
  }
}

function drawStroke(context, stroke) {
  for (let index = 0; index < stroke.points.length; index += 1) drawSegment(context, stroke, index);
  drawEnd(context, stroke);
}

// Draw the part of a stroke that the point `index` adds: a curve between the midpoints before and
// after the previous point, as wide as the pen pressed.
function drawSegment(context, { colour, points }, index) {
  const [x, y, width] = points[index];
  context.strokeStyle = context.fillStyle = colour;
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = width;
  context.beginPath();
  if (index === 0) {
    context.arc(x, y, width / 2, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  const previous = points[index - 1];
  const start = index > 1 ? midpoint(points[index - 2], previous) : previous;
  context.moveTo(start[0], start[1]);
  context.quadraticCurveTo(previous[0], previous[1], ...midpoint(previous, points[index]));
  context.stroke();
}

// Draw from the last midpoint to the last point.
function drawEnd(context, { points }) {
  if (points.length < 2) return;
  const [x, y] = points.at(-1);
  context.beginPath();
  context.moveTo(...midpoint(points.at(-2), points.at(-1)));
  context.lineTo(x, y);
  context.stroke();
}

const midpoint = ([x, y], [u, v]) => [(x + u) / 2, (y + v) / 2];

// Draw a picture centred and as large as it fits; transparent parts show the background.
function drawPicture(context, picture) {
  const scale = SIDE / Math.max(picture.width, picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
}

// Shrink a picture to at most SIDE pixels a side, as a PNG with its transparency.
export function shrinkPicture(picture) {
  const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
  const [width, height] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, width, height);
  return canvas.convertToBlob({ type: "image/png" });
}

// Crop a picture to its central square, as a PNG of SIDE × SIDE pixels.
export function cropSquare(picture) {
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = canvas.getContext("2d");
  const side = Math.min(picture.width, picture.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(
    picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, SIDE, SIDE,
  );
  return canvas.convertToBlob({ type: "image/png" });
}
