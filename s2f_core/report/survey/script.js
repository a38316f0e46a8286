"use strict";
const GAP = 500; // milliseconds without a picture before one with a time limit
const SLIP = 150; // milliseconds: a quicker answer is the last click or key, repeated by mistake
const data = JSON.parse(document.getElementById("data").textContent);
const pictures = new Map(data.images.map((image) => [image.key, image.picture]));
const $ = (id) => document.getElementById(id);
const memory = `s2f-survey ${data.page}`;
let person = "";
let order = [];
let answers = []; // [key, answer, milliseconds], oldest first
let expired = []; // keys of pictures whose time limit is over
let shownAt = null; // when the picture appeared; null while there is no picture to judge
let downloaded = 0;
let timer;

// Answers stay in this browser. Some browsers store nothing for a page that is a file.
function store(name, value) {
  try {
    localStorage.setItem(`${memory}${name}`, JSON.stringify(value));
  } catch {
    $("note").textContent = "This browser stores nothing for this page. Download your answers before you close it.";
  }
}

function recall(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`${memory}${name}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

// A 32-bit hash (FNV-1a, then a finaliser) of name and key sorts the pictures for each person.
function hash(text) {
  let value = 2166136261;
  for (const letter of text) value = Math.imul(value ^ letter.codePointAt(0), 16777619);
  value = Math.imul(value ^ (value >>> 16), 2246822507);
  value = Math.imul(value ^ (value >>> 13), 3266489909);
  return (value ^ (value >>> 16)) >>> 0;
}

function begin(name) {
  person = name;
  order = [...pictures.keys()]
    .map((key) => [hash(`${name}\0${key}`), key])
    .sort(([one], [other]) => one - other)
    .map(([, key]) => key);
  const stored = recall(` of ${name}`, {});
  answers = (stored.answers ?? []).filter(([key]) => pictures.has(key));
  expired = stored.seen ?? [];
  downloaded = stored.downloaded ?? 0;
  store("", name);
  show();
}

function keep() {
  store(` of ${person}`, { answers, seen: expired, downloaded });
}

const current = () => order.find((key) => answers.every(([answered]) => answered !== key));

function show() {
  const key = current();
  clearTimeout(timer);
  shownAt = null;
  for (const id of ["start", "asking", "done", "tools"]) $(id).hidden = true;
  if (!person) {
    $("start").hidden = false;
    return;
  }
  $(key ? "asking" : "done").hidden = false;
  $("tools").hidden = false;
  $("undo").disabled = $("save").disabled = answers.length === 0;
  $("count").textContent = `Picture ${Math.min(answers.length + 1, order.length)} of ${order.length}`;
  $("progress").value = answers.length;
  document.body.classList.toggle("all", !key);
  if (key) present(key);
  else $("done").focus();
}

function present(key) {
  $("stage").replaceChildren();
  if (expired.includes(key)) {
    vanish();
    shownAt = performance.now();
    return;
  }
  const picture = new Image();
  picture.alt = "The picture to judge";
  picture.draggable = false;
  picture.decoding = "sync"; // decode before the frame whose time is taken
  picture.src = `data:image/webp;base64,${pictures.get(key)}`;
  if (data.limit) timer = setTimeout(() => appear(picture, key), GAP);
  else appear(picture, key);
}

function appear(picture, key) {
  $("stage").replaceChildren(picture);
  shownAt = performance.now();
  if (!data.limit) return;
  expired.push(key);
  keep();
  timer = setTimeout(vanish, data.limit);
}

function vanish() {
  const message = document.createElement("p");
  message.textContent = "What was it?";
  $("stage").replaceChildren(message);
}

function answer(word) {
  if (shownAt === null || performance.now() - shownAt < SLIP) return;
  answers.push([current(), word, Math.round(performance.now() - shownAt)]);
  keep();
  show();
}

function undo() {
  if (!person || answers.length === 0) return;
  answers.pop();
  downloaded = Math.min(downloaded, answers.length);
  keep();
  show();
}

const quote = (value) => (/[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

function csv() {
  const lines = answers.map(([key, word, time]) => [person, key, word, time, data.page].map(String).map(quote).join(","));
  return ["person,image,answer,milliseconds,page", ...lines, ""].join("\n");
}

function save() {
  const link = document.createElement("a");
  const name = person.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "") || "answers";
  link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
  link.download = `${name}-${data.page.split(" ").pop()}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  downloaded = answers.length;
  keep();
  const left = order.length - answers.length;
  $("note").textContent = left ? `Downloaded as ${link.download}. ${left} pictures are left. If you go on, download again at the end: the new file replaces this one.` : `Downloaded as ${link.download}.`;
}

const KEYS = { ArrowRight: "real", r: "real", ArrowLeft: "generated", g: "generated" };

function onKey(event) {
  if (event.repeat && event.key === "Enter") event.preventDefault(); // Enter held down on a button
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key in KEYS && !$("asking").hidden) answer(KEYS[key]);
  else if ((key === "u" || key === "Backspace") && !$("tools").hidden) undo();
  else return;
  event.preventDefault();
}

$("start").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = $("person").value.trim().replace(/\s+/g, " ");
  if (!name) return;
  $("note").textContent = "";
  begin(name);
  $("count").focus();
});
for (const button of document.querySelectorAll("[data-answer]")) {
  button.addEventListener("click", () => answer(button.dataset.answer));
}
$("undo").addEventListener("click", undo);
$("save").addEventListener("click", save);
$("leave").addEventListener("click", () => {
  if (answers.length > downloaded && !confirm(`The answers of ${person} are not downloaded yet. They stay in this browser under that name. Leave?`)) return;
  person = "";
  store("", "");
  $("note").textContent = "";
  $("person").value = "";
  show();
  $("person").focus();
});
addEventListener("keydown", onKey);
const last = recall("", "");
if (last) begin(last);
else show();
