"use strict";
const PER_PAGE = 240;
const data = JSON.parse(document.getElementById("data").textContent);
const decisions = new Map(Object.entries(data.decisions));
const $ = (id) => document.getElementById(id);
// Whether the rules keep an image. For one decided by hand this is unknown, so assume the opposite of
// the decision: otherwise the decision would have been needless.
const keptByRule = new Map(data.images.map((image) => {
  const decided = data.decisions[image.id];
  return [image.id, decided ? decided[0] === "drop" : !image.reason];
}));
let page = 0;
let saved = true;

const decision = (image) => decisions.get(image.id)?.[0];
const isKept = (image) => (decision(image) ? decision(image) === "keep" : keptByRule.get(image.id));
const ruleReason = (image) => (image.reason?.startsWith("dropped by hand") ? undefined : image.reason);

function options(select, all, values) {
  select.append(new Option(all, ""), ...values.map((value) => new Option(...value)));
}

function countBy(key) {
  const counts = new Map();
  for (const image of data.images) {
    const value = key(image);
    if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].sort((one, other) => other[1] - one[1]);
}

function selectedImages() {
  const [state, split, order] = ["state", "split", "order"].map((id) => $(id).value);
  const search = $("search").value.trim().toLowerCase();
  const images = data.images.filter((image) =>
    (!state
      || (state === "in" && isKept(image))
      || (state === "out" && !isKept(image))
      || (state === "decided" && decisions.has(image.id))
      || state === `reason:${ruleReason(image)}`)
    && (!split || image.split === split)
    && (!search || image.id.toLowerCase().includes(search)));
  const value = (image) => image[order] ?? Infinity;
  return order ? images.sort((one, other) => value(one) - value(other)) : images;
}

function makeSpan(kind, text) {
  const span = document.createElement("span");
  span.className = kind;
  span.textContent = text;
  return span;
}

function updateTile(tile, image) {
  const word = decision(image);
  const kept = isKept(image);
  tile.className = kept ? "tile" : "tile out";
  if (word) tile.dataset.decision = word;
  else delete tile.dataset.decision;
  tile.setAttribute("aria-pressed", String(Boolean(word)));
  const note = decisions.get(image.id)?.[1];
  let why = kept ? image.split ?? "kept" : ruleReason(image) ?? "left out";
  if (image.twin && !word) why += ` of ${image.twin}`;
  if (word) why = word + (note ? `: ${note}` : "");
  tile.querySelector(".why").textContent = why;
}

function makeTile(image) {
  const button = document.createElement("button");
  button.type = "button";
  const picture = new Image();
  picture.src = `data:image/jpeg;base64,${image.picture}`;
  picture.alt = "";
  picture.decoding = "async";
  const measures = [];
  if (image.sharpness !== undefined) measures.push(`sharp\u00a0${Math.round(image.sharpness)}`);
  if (image.face !== undefined) measures.push(`face\u00a0${Math.round(100 * image.face)}%`);
  button.append(picture, makeSpan("id", image.id), makeSpan("why", ""), makeSpan("muted", measures.join(" · ")));
  button.addEventListener("click", () => {
    if (decisions.has(image.id)) decisions.delete(image.id);
    else decisions.set(image.id, [keptByRule.get(image.id) ? "drop" : "keep", $("note").value.trim()]);
    saved = false;
    updateTile(button, image);
    showStatus();
  });
  updateTile(button, image);
  return button;
}

function showStatus() {
  const words = [...decisions.values()].map(([word]) => word);
  const number = (word) => words.filter((other) => other === word).length;
  const leftOut = data.images.filter((image) => !isKept(image)).length;
  $("status").textContent =
    `${leftOut} left out, ${number("drop")} dropped and ${number("keep")} kept by hand`
    + (saved ? "" : ", not downloaded yet");
}

function show() {
  const images = selectedImages();
  const pages = Math.max(1, Math.ceil(images.length / PER_PAGE));
  page = Math.min(Math.max(page, 0), pages - 1);
  $("grid").replaceChildren(...images.slice(page * PER_PAGE, (page + 1) * PER_PAGE).map(makeTile));
  $("page").textContent = `Page ${page + 1} of ${pages}, ${images.length} images`;
  $("back").disabled = page === 0;
  $("on").disabled = page === pages - 1;
  showStatus();
}

function turnPage(by) {
  page += by;
  show();
  scrollTo(0, 0);
  $("grid").querySelector("button")?.focus({ preventScroll: true });
}

function quote(value) {
  return /[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function csv() {
  const lines = [...decisions]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([id, [word, note]]) => [id, word, note].map(quote).join(","));
  return ["id,decision,note", ...lines, ""].join("\n");
}

function moveFocus(event) {
  const tiles = [...$("grid").children];
  const at = tiles.indexOf(document.activeElement);
  const columns = getComputedStyle($("grid")).gridTemplateColumns.split(" ").length;
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  const to = tiles[at + steps[event.key]];
  if (at < 0 || !to) return;
  event.preventDefault();
  to.focus();
}

options($("state"), "all", [
  ["kept", "in"],
  ["left out", "out"],
  ["decided by hand", "decided"],
  ...countBy(ruleReason).map(([reason, count]) => [`${reason} (${count})`, `reason:${reason}`]),
]);
options($("split"), "any", countBy((image) => image.split).map(([part, count]) => [`${part} (${count})`, part]));
for (const id of ["state", "split", "order", "search"]) {
  $(id).addEventListener("input", () => {
    page = 0;
    show();
  });
}
$("tools").addEventListener("submit", (event) => event.preventDefault());
$("back").addEventListener("click", () => turnPage(-1));
$("on").addEventListener("click", () => turnPage(1));
$("grid").addEventListener("keydown", moveFocus);
$("save").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
  link.download = `${data.role}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  saved = true;
  showStatus();
});
addEventListener("beforeunload", (event) => {
  if (!saved) event.preventDefault();
});
show();
