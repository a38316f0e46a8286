// The page: sheets, tools, cards and hints, put together.
import { Board, square } from "./board.js";
import { Card, download } from "./cards.js";
import { inBrowser, server } from "./engines.js";
import { shown } from "./hints.js";

const SHOWN = 3; // models at the start
const QUIET = 250; // milliseconds without a change, after which the hints follow
const $ = (id) => document.getElementById(id);
const local = location.pathname === "/browser";
const engine = local ? inBrowser() : server;
const board = new Board($("board"));
const cards = new Map();
const chosen = new Map(); // of each sheet the names of the models that answer
let told;
let sheet;
let timer;

const get = async (path, parameters = {}) => {
  const answer = await fetch(`${path}?${new URLSearchParams(parameters)}`);
  if (!answer.ok) throw new Error((await answer.json()).error);
  return answer;
};
const settings = () => ({ seed: Number($("seed").value) || 0, upscale: $("upscale").value || "none" });
const models = () => told.models.filter((model) => model.sheet === sheet);
const active = () => models().filter((model) => chosen.get(sheet).has(model.name));
const against = () => told.models.find((model) => model.name === $("against").value);

function labelled(type, name, value, text, checked) {
  const label = document.createElement("label");
  const input = Object.assign(document.createElement("input"), { type, name, value, checked });
  label.append(input, ` ${text}`);
  return label;
}

function ask(time = performance.now()) {
  for (const model of active()) cards.get(model.name).ask(time);
}

// ── what is drawn, and with what ────────────────────────────────────────────────────────────────
function select(name) {
  sheet = name;
  const { paper, colours } = told.sheets[name];
  document.body.dataset.sheet = name;
  board.show(name, paper);
  $("drawing").hidden = $("more").hidden = name === "noise";
  $("why").hidden = local || !["lines", "pose"].includes(name);
  $("palette").replaceChildren(...colours.map(({ name: title, value }, at) => {
    const label = labelled("radio", "colour", value, "", at === 0);
    label.title = title;
    label.style.setProperty("--colour", value);
    label.firstChild.setAttribute("aria-label", title);
    return label;
  }));
  if (colours.length) board.pen.colour = colours[0].value;
  $("models").replaceChildren(
    $("models").firstElementChild,
    ...models().map(({ name: title }) => labelled("checkbox", "model", title, title, chosen.get(name).has(title))),
  );
  arrange();
}

// Show the cards of the models that are chosen.
function arrange() {
  for (const model of active()) {
    if (!cards.has(model.name)) cards.set(model.name, new Card(model, engine, board, settings));
  }
  $("cards").replaceChildren(...active().map((model) => cards.get(model.name).element));
  $("sample").hidden = !active().some((model) => model.noisy);
  const before = $("against").value;
  $("against").replaceChildren(...active().map(({ name }) => new Option(name)));
  if (active().some(({ name }) => name === before)) $("against").value = before;
  compare();
  tell();
  ask();
}

// What the model that the drawing is compared with learned from: examples, widths, its lines.
async function compare() {
  const model = against();
  $("examples").hidden = true;
  $("examples").lastElementChild.replaceChildren();
  if (!model || sheet === "noise") return;
  for (const one of document.querySelectorAll(".whose")) one.textContent = model.name;
  $("guide").src = local ? "" : `/api/guide?${new URLSearchParams({ model: model.name })}`;
  explain();
  const { examples, habits } = await (await get("/api/habits", { model: model.name })).json();
  if (against() !== model) return;
  if (!board.past && habits.stroke_width) widen(habits.stroke_width.middle);
  $("guided").hidden = $("guide-on").disabled = !Object.keys(habits).length;
  $("examples").hidden = !examples;
  $("examples").lastElementChild.replaceChildren(...Array.from({ length: examples }, (_, number) => {
    const button = document.createElement("button");
    const picture = new Image(64, 64);
    picture.src = `/api/example?${new URLSearchParams({ model: model.name, number })}`;
    picture.alt = `Example ${number + 1}`;
    button.type = "button";
    button.append(picture);
    button.addEventListener("click", () => picture.decode().then(() => board.place(picture)));
    return button;
  }));
}

function widen(width) {
  $("width").value = width;
  board.pen.width = Number($("width").value);
  $("wide").textContent = board.pen.width.toFixed(1);
}

function tell() {
  $("undo").disabled = !board.past;
  $("redo").disabled = !board.future;
  $("clear").disabled = $("save").disabled = board.empty;
  $("start").hidden = board.past > 0;
}

async function explain() {
  const model = against();
  if ($("why").hidden || !model) return;
  const hints = board.empty ? [] : await engine.hints(model, board).catch(() => null);
  if (against() !== model) return;
  if (!hints) { // too much to do, as while models are exported
    clearTimeout(timer);
    timer = setTimeout(explain, 4 * QUIET);
    return;
  }
  const { rows, summary } = shown(hints, model, widen);
  $("hints").replaceChildren(...rows);
  $("hints").parentElement.hidden = $("explained").hidden = !rows.length;
  $("summary").textContent = summary || "Draw something first.";
}

// ── pictures from elsewhere ─────────────────────────────────────────────────────────────────────
async function place(file, isPhoto) {
  try {
    let picture = await createImageBitmap(file);
    if (isPhoto) picture = await engine.condition(against(), await square(picture));
    board.place(picture);
    complain("");
  } catch (error) {
    complain(`${file.name} cannot be used: ${error.message}`);
  }
}

function complain(text) {
  $("trouble").textContent = text;
  $("trouble").hidden = !text;
}

for (const [id, isPhoto] of [["open", false], ["from-photo", true]]) {
  $(id).addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (file) await place(file, isPhoto);
    event.target.value = "";
  });
}
$("sheet").addEventListener("dragover", (event) => event.preventDefault());
$("sheet").addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length) place(event.dataTransfer.files[0], false);
});
document.addEventListener("paste", (event) => {
  if (event.clipboardData.files.length) place(event.clipboardData.files[0], false);
});

// ── tools ───────────────────────────────────────────────────────────────────────────────────────
$("kinds").addEventListener("change", (event) => select(event.target.value));
$("palette").addEventListener("change", (event) => {
  board.pen.colour = event.target.value;
  use("pen");
});
$("models").addEventListener("change", ({ target }) => {
  if (target.checked) chosen.get(sheet).add(target.value);
  else chosen.get(sheet).delete(target.value);
  arrange();
});
document.querySelector(".pair").addEventListener("change", ({ target }) => use(target.value));
$("width").addEventListener("input", () => widen($("width").value));
$("against").addEventListener("change", compare);
$("guide-on").addEventListener("change", ({ target }) => { $("guide").hidden = !target.checked; });
for (const id of ["undo", "redo", "clear"]) $(id).addEventListener("click", () => board[id]());
$("save").addEventListener("click", () => download(board.canvas, "drawing.png"));
$("another").addEventListener("click", another);
for (const id of ["seed", "upscale"]) $(id).addEventListener("change", () => ask());

function use(tool) {
  document.querySelector(`[name=tool][value=${tool}]`).checked = true;
  board.pen.erases = tool === "eraser";
}

function another() {
  $("seed").value = (settings().seed + 1) % 2 ** 32;
  ask();
}

const KEYS = {
  p: () => use("pen"),
  e: () => use("eraser"),
  n: another,
  "[": () => widen(board.pen.width - 0.5),
  "]": () => widen(board.pen.width + 0.5),
};
const WITH_CONTROL = { z: () => board.undo(), Z: () => board.redo(), y: () => board.redo() };
document.addEventListener("keydown", (event) => {
  const writes = event.target.matches("input:not([type=radio], [type=checkbox], [type=range]), select");
  const act = (event.ctrlKey || event.metaKey ? WITH_CONTROL : KEYS)[event.key];
  if (!act || writes || event.altKey) return;
  event.preventDefault();
  act();
});

board.addEventListener("changed", ({ detail }) => {
  tell();
  ask(detail.time);
  clearTimeout(timer);
  timer = setTimeout(explain, QUIET);
});

// ── start ───────────────────────────────────────────────────────────────────────────────────────
// At first one model of each condition, of what the largest makes; then others until there are enough.
function first(those) {
  const sorted = [...those].sort((one, other) => other.size - one.size);
  const alike = sorted.filter(({ role }) => role === sorted[0].role);
  const kinds = new Set();
  const firsts = alike.filter(({ condition }) => !kinds.has(condition) && kinds.add(condition));
  return new Set([...new Set([...firsts, ...sorted])].slice(0, SHOWN).map(({ name }) => name));
}

const UPSCALES = { none: "as made", bicubic: "×2, bicubic", edsr: "×2, EDSR" };

async function start() {
  told = await (await get("/api/models")).json();
  $("where").textContent = local
    ? "Everything is computed in this browser; the drawing leaves it for nowhere."
    : "Everything is computed on the machine that shows this page; nothing leaves it.";
  $("other").textContent = local ? "Compute on the server instead" : "Compute in this browser instead";
  $("other").href = local ? "/" : "/browser";
  for (const id of ["photo", "guided", "enlarge"]) $(id).hidden = local;
  $("upscale").append(...told.upscales.map((name) => new Option(UPSCALES[name], name)));
  const names = Object.keys(told.sheets).filter((name) => told.models.some((model) => model.sheet === name));
  for (const name of names) chosen.set(name, first(told.models.filter((model) => model.sheet === name)));
  $("kinds").append(...names.map((name, at) => labelled("radio", "kind", name, told.sheets[name].title, at === 0)));
  $("kinds").hidden = names.length < 2;
  document.querySelector("main").hidden = false;
  widen(2);
  select(names[0]);
}

start().catch((error) => complain(error.message));
