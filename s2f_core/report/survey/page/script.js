"use strict";
const GAP = 500; // milliseconds without a picture before one that is shown for a time only
const SLIP = 150; // milliseconds: nobody judges in less, it is the last click or key once more
const data = JSON.parse(document.getElementById("data").textContent);
const pictures = new Map(data.images.map((image) => [image.key, image.picture]));
const $ = (id) => document.getElementById(id);
const memory = `s2f-survey ${data.page}`;
let person = "";
let order = [];
let answers = []; // [key, answer, milliseconds], in the order in which they were given
let seen = []; // keys of pictures whose time is over
let began = null; // when the picture appeared; null while there is none to judge
let downloaded = 0;
let timer;

// What is remembered stays in this browser. Some allow no memory to a page that is a file.
function remember(name, value) {
  try {
    localStorage.setItem(`${memory}${name}`, JSON.stringify(value));
  } catch {
    $("note").textContent = "This browser remembers nothing for this page: do not close it before you have downloaded your answers.";
  }
}

function remembered(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`${memory}${name}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

// A 32-bit hash (FNV-1a, then a finaliser) sorts the pictures: an order for each person.
function hashed(text) {
  let value = 2166136261;
  for (const letter of text) value = Math.imul(value ^ letter.codePointAt(0), 16777619);
  value = Math.imul(value ^ (value >>> 16), 2246822507);
  value = Math.imul(value ^ (value >>> 13), 3266489909);
  return (value ^ (value >>> 16)) >>> 0;
}

function begin(name) {
  person = name;
  order = [...pictures.keys()]
    .map((key) => [hashed(`${name}\0${key}`), key])
    .sort(([one], [other]) => one - other)
    .map(([, key]) => key);
  const kept = remembered(` of ${name}`, {});
  answers = (kept.answers ?? []).filter(([key]) => pictures.has(key));
  seen = kept.seen ?? [];
  downloaded = kept.downloaded ?? 0;
  remember("", name);
  show();
}

function keep() {
  remember(` of ${person}`, { answers, seen, downloaded });
}

const current = () => order.find((key) => answers.every(([answered]) => answered !== key));

function show() {
  const key = current();
  clearTimeout(timer);
  began = null;
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
  if (seen.includes(key)) {
    vanish();
    began = performance.now();
    return;
  }
  const picture = new Image();
  picture.alt = "The picture to judge";
  picture.draggable = false;
  picture.decoding = "sync"; // it appears whole, in the frame that is timed
  picture.src = `data:image/webp;base64,${pictures.get(key)}`;
  if (data.limit) timer = setTimeout(() => appear(picture, key), GAP);
  else appear(picture, key);
}

function appear(picture, key) {
  $("stage").replaceChildren(picture);
  began = performance.now();
  if (!data.limit) return;
  seen.push(key);
  keep();
  timer = setTimeout(vanish, data.limit);
}

function vanish() {
  const gone = document.createElement("p");
  gone.textContent = "What was it?";
  $("stage").replaceChildren(gone);
}

function answer(word) {
  if (began === null || performance.now() - began < SLIP) return;
  answers.push([current(), word, Math.round(performance.now() - began)]);
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

const quoted = (value) => (/[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

function csv() {
  const lines = answers.map(([key, word, time]) => [person, key, word, time, data.page].map(String).map(quoted).join(","));
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
  $("note").textContent = left ? `Downloaded as ${link.download}. ${left} pictures are left; if you go on, this file is replaced by the next.` : `Downloaded as ${link.download}.`;
}

const KEYS = { ArrowRight: "real", r: "real", ArrowLeft: "generated", g: "generated" };

function pressed(event) {
  if (event.repeat && event.key === "Enter") event.preventDefault(); // a button that is held down
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
  if (answers.length > downloaded && !confirm(`The answers of ${person} are not downloaded yet. They stay in this browser, under that name. Leave?`)) return;
  person = "";
  remember("", "");
  $("note").textContent = "";
  $("person").value = "";
  show();
  $("person").focus();
});
addEventListener("keydown", pressed);
const last = remembered("", "");
if (last) begin(last);
else show();
