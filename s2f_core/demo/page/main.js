// The page: canvases, tools, cards and hints.
import { Board, cropSquare, shrinkPicture } from "./board.js";
import { Card, download } from "./cards.js";
import { Colours } from "./colours.js";
import { makeBrowserEngine, serverEngine } from "./engines.js";
import { renderHints } from "./hints.js";

const INITIAL_MODELS = 3;
const HINTS_DELAY = 250; // milliseconds without a change before the hints are updated
const $ = (id) => document.getElementById(id);
const inBrowser = location.pathname === "/browser";
const engine = inBrowser ? makeBrowserEngine() : serverEngine;
const board = new Board($("canvas"));
const cards = new Map(); // by model's name
const selectedModels = new Map(); // sets of names, by canvas
let api; // the response of /api/models
let colours; // that the models of faces are told
let canvas; // the name of the current canvas
let hintsTimer;
let pictureNote = ""; // of what was done to the paper of the last picture

const get = async (path, parameters = {}) => {
  const response = await fetch(`${path}?${new URLSearchParams(parameters)}`);
  if (!response.ok) throw new Error((await response.json()).error);
  return response;
};
const settings = () => ({
  seed: Number($("seed").value),
  palette: colours.palette,
  upscale: $("upscale").value || "none",
  mirror: $("mirror").checked,
  align: $("align").checked,
});
const modelsOfCanvas = () => api.models.filter((model) => model.canvas === canvas);
const activeModels = () => modelsOfCanvas().filter(({ name }) => selectedModels.get(canvas).has(name));
const comparedModel = () => api.models.find((model) => model.name === $("compared-model").value);

function makeOption(type, name, value, text, checked) {
  const label = document.createElement("label");
  const input = Object.assign(document.createElement("input"), { type, name, value, checked });
  label.append(input, ` ${text}`);
  return label;
}

function updateCards(time = performance.now()) {
  for (const model of activeModels()) cards.get(model.name).update(time);
}

// ── canvases and models ─────────────────────────────────────────────────────────────────────────
function showCanvas(name) {
  canvas = name;
  const { background, palette } = api.canvases[name];
  document.body.dataset.canvas = name;
  board.show(name, background);
  $("drawing").hidden = $("sources").hidden = name === "noise";
  $("comparison").hidden = inBrowser || !["lines", "pose"].includes(name);
  $("palette").replaceChildren(...palette.map(({ name: title, value }, index) => {
    const label = makeOption("radio", "colour", value, "", index === 0);
    label.title = title;
    label.style.setProperty("--colour", value);
    label.firstChild.setAttribute("aria-label", title);
    return label;
  }));
  if (palette.length) board.pen.colour = palette[0].value;
  const selected = selectedModels.get(name);
  $("models").replaceChildren(
    $("models").firstElementChild,
    ...modelsOfCanvas().map((model) => makeOption("checkbox", "model", model.name, model.name, selected.has(model.name))),
  );
  showCards();
}

// Show the cards of the selected models.
function showCards() {
  const models = activeModels();
  for (const model of models) {
    if (!cards.has(model.name)) cards.set(model.name, new Card(model, engine, board, settings));
  }
  $("cards").replaceChildren(...models.map(({ name }) => cards.get(name).element));
  $("seed-tools").hidden = !models.some((model) => model.takesNoise);
  colours.show(models, settings().seed);
  $("mirror-option").hidden = !models.some((model) => model.canMirror);
  $("align-option").hidden = inBrowser || !models.some((model) => model.canAlign);
  const before = $("compared-model").value;
  $("compared-model").replaceChildren(...models.map(({ name }) => new Option(name)));
  if (models.some(({ name }) => name === before)) $("compared-model").value = before;
  showTrainingData();
  updateButtons();
  updateCards();
}

// Show the training data of the compared model: examples, usual line width, mean input.
async function showTrainingData() {
  const model = comparedModel();
  $("examples").hidden = true;
  $("examples").lastElementChild.replaceChildren();
  if (!model || canvas === "noise") return;
  $("mean-input").src = inBrowser ? "" : `/api/mean-input?${new URLSearchParams({ model: model.name })}`;
  updateHints();
  const { examples, examplesByPeople, ranges } = await (await get("/api/training-data", { model: model.name })).json();
  if (comparedModel() !== model) return;
  if (!board.undoCount && !model.forDrawings && ranges.stroke_width) setPenWidth(ranges.stroke_width.median);
  $("mean-input-option").hidden = $("show-mean-input").disabled = !Object.keys(ranges).length;
  $("examples").hidden = !examples;
  $("examples-source").textContent = examplesByPeople ? "Drawings by people" : `Test images as inputs of ${model.name}`;
  $("examples").lastElementChild.replaceChildren(
    ...Array.from({ length: examples }, (_, number) => makeExample(model, number)),
  );
}

function makeExample(model, number) {
  const button = document.createElement("button");
  const picture = new Image(64, 64);
  picture.src = `/api/example?${new URLSearchParams({ model: model.name, number })}`;
  picture.alt = `Example ${number + 1}`;
  button.type = "button";
  button.append(picture);
  button.addEventListener("click", () => picture.decode().then(() => board.placePicture(picture)));
  return button;
}

function updateButtons() {
  $("undo").disabled = !board.undoCount;
  $("redo").disabled = !board.redoCount;
  $("clear").disabled = $("save").disabled = board.isEmpty;
  $("start-text").hidden = board.undoCount > 0;
}

async function updateHints() {
  const model = comparedModel();
  if ($("comparison").hidden || !model) return;
  if (board.isEmpty) pictureNote = "";
  const answer = board.isEmpty ? { hints: [], warning: "Draw something first.", alignment: "" }
    : await engine.hints(model, board, settings()).catch(() => null);
  if (comparedModel() !== model) return;
  if (!answer) { // the server is busy, for example exporting models
    clearTimeout(hintsTimer);
    hintsTimer = setTimeout(updateHints, 4 * HINTS_DELAY);
    return;
  }
  const { rows, summary } = renderHints(answer.hints, model, setPenWidth);
  $("hints").replaceChildren(...rows);
  $("hints").parentElement.hidden = $("hints-note").hidden = !rows.length;
  $("summary").textContent = [pictureNote, answer.alignment, answer.warning || summary].filter(Boolean).join(" ");
}

// ── pictures from files ─────────────────────────────────────────────────────────────────────────
async function placeDrawing(file) {
  let picture = await createImageBitmap(file);
  let note = "";
  if (canvas === "lines" && !inBrowser) [picture, note] = await engine.clean(await shrinkPicture(picture));
  pictureNote = note && `${file.name}: ${note}.`;
  board.placePicture(picture);
}

async function placePhoto(file) {
  pictureNote = "";
  board.placePicture(await engine.condition(comparedModel(), await cropSquare(await createImageBitmap(file))));
}

async function takeColours(file) {
  const model = activeModels().find(({ palettes }) => palettes.length);
  colours.set(await engine.palette(model, await cropSquare(await createImageBitmap(file))));
  updateCards();
}

async function openFile(file, use) {
  try {
    await use(file);
    showError("");
  } catch (error) {
    showError(`${file.name} cannot be used: ${error.message}`);
  }
}

function showError(text) {
  $("error").textContent = text;
  $("error").hidden = !text;
}

for (const [id, use] of [["open-drawing", placeDrawing], ["open-photo", placePhoto], ["colours-photo", takeColours]]) {
  $(id).addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (file) await openFile(file, use);
    event.target.value = "";
  });
}
$("canvas-frame").addEventListener("dragover", (event) => event.preventDefault());
$("canvas-frame").addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length) openFile(event.dataTransfer.files[0], placeDrawing);
});
document.addEventListener("paste", (event) => {
  if (event.clipboardData.files.length) openFile(event.clipboardData.files[0], placeDrawing);
});

// ── tools ───────────────────────────────────────────────────────────────────────────────────────
function selectTool(tool) {
  document.querySelector(`[name=tool][value=${tool}]`).checked = true;
  board.pen.erases = tool === "eraser";
}

function setPenWidth(width) {
  $("width").value = width;
  board.pen.width = Number($("width").value);
  $("width-value").textContent = board.pen.width.toFixed(1);
}

function setSeed(seed) {
  $("seed").value = seed;
  $("seed-value").textContent = seed;
  colours.show(activeModels(), seed);
  updateCards();
}

const nextSeed = () => setSeed((settings().seed + 1) % (Number($("seed").max) + 1));

$("canvas-choice").addEventListener("change", (event) => showCanvas(event.target.value));
$("palette").addEventListener("change", (event) => {
  board.pen.colour = event.target.value;
  selectTool("pen");
});
$("models").addEventListener("change", ({ target }) => {
  if (target.checked) selectedModels.get(canvas).add(target.value);
  else selectedModels.get(canvas).delete(target.value);
  showCards();
});
document.querySelector(".tool-choice").addEventListener("change", ({ target }) => selectTool(target.value));
$("width").addEventListener("input", () => setPenWidth($("width").value));
$("compared-model").addEventListener("change", showTrainingData);
$("show-mean-input").addEventListener("change", ({ target }) => { $("mean-input").hidden = !target.checked; });
for (const id of ["undo", "redo", "clear"]) $(id).addEventListener("click", () => board[id]());
$("save").addEventListener("click", () => download(board.canvas, "drawing.png"));
$("next-seed").addEventListener("click", nextSeed);
for (const id of ["upscale", "mirror", "align"]) $(id).addEventListener("change", () => updateCards());
$("seed").addEventListener("input", ({ target }) => setSeed(Number(target.value)));

const KEYS = {
  p: () => selectTool("pen"),
  e: () => selectTool("eraser"),
  n: nextSeed,
  "[": () => setPenWidth(board.pen.width - 0.5),
  "]": () => setPenWidth(board.pen.width + 0.5),
};
const KEYS_WITH_CONTROL = { z: () => board.undo(), Z: () => board.redo(), y: () => board.redo() };
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input:not([type=radio], [type=checkbox], [type=range]), select");
  const action = (event.ctrlKey || event.metaKey ? KEYS_WITH_CONTROL : KEYS)[event.key];
  if (!action || isTyping || event.altKey) return;
  event.preventDefault();
  action();
});

board.addEventListener("changed", ({ detail }) => {
  updateButtons();
  updateCards(detail.time);
  clearTimeout(hintsTimer);
  hintsTimer = setTimeout(updateHints, HINTS_DELAY);
});

// ── start ───────────────────────────────────────────────────────────────────────────────────────
// Select the models shown first: the first for people's drawings alone. Without one, among those of
// the largest model's role one of each condition, larger ones first, then others.
function initialModels(models) {
  const forDrawings = models.find((model) => model.forDrawings);
  if (forDrawings) return new Set([forDrawings.name]);
  const sorted = [...models].sort((one, other) => other.size - one.size);
  const sameRole = sorted.filter(({ role }) => role === sorted[0].role);
  const conditions = new Set();
  const distinct = sameRole.filter(({ condition }) => !conditions.has(condition) && conditions.add(condition));
  const ordered = [...new Set([...distinct, ...sorted])];
  return new Set(ordered.slice(0, INITIAL_MODELS).map(({ name }) => name));
}

const UPSCALERS = { none: "original", bicubic: "×2, bicubic", edsr: "×2, EDSR" };

async function start() {
  api = await (await get("/api/models")).json();
  $("privacy-note").textContent = inBrowser
    ? `The models run in this browser. Your drawing never leaves it.${api.models.some((model) => model.canAlign)
      ? " Faces stay where you draw them: draw them large and in the middle." : ""}`
    : "The models run on the machine that serves this page. Nothing is sent elsewhere.";
  $("engine-link").textContent = inBrowser ? "Run the models on the server instead" : "Run the models in this browser instead";
  $("engine-link").href = inBrowser ? "/" : "/browser";
  for (const id of ["photo-button", "mean-input-option", "upscale-option"]) $(id).hidden = inBrowser;
  $("colours-photo").parentElement.hidden = inBrowser;
  colours = new Colours($("colours"), api.regions);
  colours.addEventListener("changed", () => updateCards());
  $("upscale").append(...api.upscalers.map((name) => new Option(UPSCALERS[name], name)));
  const names = Object.keys(api.canvases).filter((name) => api.models.some((model) => model.canvas === name));
  for (const name of names) {
    selectedModels.set(name, initialModels(api.models.filter((model) => model.canvas === name)));
  }
  $("canvas-choice").append(
    ...names.map((name, index) => makeOption("radio", "canvas", name, api.canvases[name].title, index === 0)),
  );
  $("canvas-choice").hidden = names.length < 2;
  document.querySelector("main").hidden = false;
  setPenWidth(2);
  showCanvas(names[0]);
}

start().catch((error) => showError(error.message));
