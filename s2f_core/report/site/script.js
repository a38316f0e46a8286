"use strict";
// Makes tables sortable and runs the compare page. It loads nothing.
const $ = (id) => document.getElementById(id);

function newElement(tag, text, name) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (name) element.className = name;
  return element;
}

// ── Sort a table by a heading. Rows stay within their group; missing values stay last. ──────────
function makeSortable(table) {
  for (const head of table.querySelectorAll("th[data-sort]")) {
    const label = head.querySelector(".sorts");
    const button = newElement("button", undefined, "sort");
    button.type = "button";
    button.append(...label.childNodes);
    label.replaceWith(button);
    button.addEventListener("click", () => sort(table, head));
  }
}

function sort(table, head) {
  const first = head.dataset.sort || "ascending";
  const direction = head.getAttribute("aria-sort") !== first ? first : first === "ascending" ? "descending" : "ascending";
  for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", direction);
  const sign = direction === "ascending" ? 1 : -1;
  const value = (row) => {
    const text = row.cells[head.cellIndex]?.dataset.value;
    return text ? sign * Number(text) : Infinity;
  };
  for (const body of table.tBodies) {
    const rows = [...body.rows].filter((row) => !row.classList.contains("group"));
    rows.sort((one, other) => value(one) - value(other) || 0);
    body.append(...rows);
  }
}

for (const table of document.querySelectorAll("table.sortable")) makeSortable(table);

// ── Compare two translations of the same images. ────────────────────────────────────────────────
function runComparePage(boards) {
  const all = boards.flatMap((board) => board.translations.map((item) => ({ board, item })));
  const find = (name) => all.find(({ item }) => item.name === name) ?? all[0];

  function fillSelect(select, value, items) {
    select.replaceChildren(...items);
    select.value = value;
    if (select.selectedIndex < 0) select.selectedIndex = 0;
  }

  function toOptions(items) {
    return items.map((item) => new Option(item.name, item.name));
  }

  function optionGroups() {
    return boards.map((board) => {
      const group = newElement("optgroup");
      group.label = board.title;
      group.append(...toOptions(board.translations));
      return group;
    });
  }

  function showPicture(image, item, side, face, id) {
    const source = item.images[side]?.[face];
    image.hidden = !source;
    if (source) image.src = source;
    else image.removeAttribute("src");
    image.alt = `${side === "output" ? item.name : side} of held-out image ${id}`;
  }

  function showOtherSides(board, items, face) {
    const id = board.faces[face];
    const sides = [];
    for (const item of items) {
      for (const side of Object.keys(item.images)) {
        if (side !== "output") sides.push([`${side}, ${item.note}`, item, side]);
      }
    }
    const bySource = new Map();
    for (const [title, item, side] of sides) {
      const source = item.images[side][face];
      if (source && !bySource.has(source)) bySource.set(source, [title, item, side]);
    }
    $("beside").replaceChildren(...[...bySource.values()].map(([title, item, side]) => {
      const figure = newElement("figure");
      const image = new Image();
      showPicture(image, item, side, face, id);
      figure.append(image, newElement("figcaption", side === "photo" ? "photo" : title));
      return figure;
    }));
  }

  function figureCell(figures, key) {
    const cell = newElement("td", undefined, "num");
    const [value, interval] = figures[key] ?? ["–", ""];
    cell.append(newElement("span", value, "value"));
    if (interval) cell.append(newElement("span", interval, "interval"));
    return cell;
  }

  function scoreRow(score, board, one, other, face) {
    const line = newElement("tr");
    const head = newElement("th");
    head.scope = "row";
    const note = newElement("button", "?", "info");
    note.type = "button";
    note.setAttribute("popovertarget", score.note);
    note.setAttribute("aria-label", `How ${score.title} is computed`);
    note.title = $(score.note)?.textContent.replace(/\s+/g, " ").trim() ?? "";
    head.append(`${score.title} ${score.higher ? "↑" : "↓"} `, note);
    const [value, interval, outcome] = board.differences[`${one.name}\n${other.name}`]?.[score.key] ?? [];
    const difference = newElement("td", value === undefined ? "–" : undefined, "num");
    if (value !== undefined) difference.append(newElement("span", value, "value"), newElement("span", interval, "interval"));
    const onImage = [one, other].map((item) => item.faces[score.key]?.[face]);
    line.append(
      head,
      figureCell(one.figures, score.key),
      figureCell(other.figures, score.key),
      difference,
      newElement("td", outcome ?? "–", outcome?.replace(" ", "-")),
      newElement("td", onImage[0] === undefined ? "–" : onImage.join(" | "), "num"),
    );
    return line;
  }

  function verdictText(board, one, other) {
    const differences = Object.values(board.differences[`${one.name}\n${other.name}`] ?? {});
    const count = (word) => differences.filter(([, , outcome]) => outcome === word).length;
    return one === other || !differences.length
      ? ""
      : `Of ${differences.length} scores, ${one.name} is better by ${count("better")} and worse by ${count("worse")}; ${count("not settled")} are not settled.`;
  }

  function show() {
    const { board, item: one } = find($("one").value);
    const rest = board.translations.filter((item) => item !== one);
    if (!rest.some((item) => item.name === $("other").value)) fillSelect($("other"), rest[0].name, toOptions(rest));
    else fillSelect($("other"), $("other").value, toOptions(rest));
    const other = rest.find((item) => item.name === $("other").value);
    if ($("face").dataset.board !== board.title) {
      $("face").dataset.board = board.title;
      fillSelect($("face"), "0", board.faces.map((id, place) => new Option(id, String(place))));
    }
    const face = Number($("face").value);
    for (const [end, item] of [["one", one], ["other", other]]) {
      showPicture($(`image-${end}`), item, "output", face, board.faces[face]);
      $(`name-${end}`).textContent = item.name;
      $(`head-${end}`).textContent = item.name;
    }
    showOtherSides(board, [one, other], face);
    $("scores").tBodies[0].replaceChildren(...board.scores.map((score) => scoreRow(score, board, one, other, face)));
    $("verdict").textContent = verdictText(board, one, other);
    $("command").textContent = [
      ...new Set([one.variant, other.variant].map((variant) => `s2f evaluate ${variant}`)),
      "s2f report",
    ].join(" && ");
    moveDivider();
  }

  function moveDivider() {
    const at = $("divide").value;
    $("image-one").parentElement.style.setProperty("--at", `${at}%`);
    $("divide").setAttribute("aria-valuetext", `${at} % ${$("name-one").textContent}`);
  }

  function start() {
    const [one, other] = location.hash.slice(1).split("&").map(decodeURIComponent);
    fillSelect($("one"), find(one).item.name, optionGroups());
    if (other) fillSelect($("other"), other, toOptions(find(one).board.translations));
    show();
  }

  function onChange() {
    show();
    const names = [$("one").value, $("other").value].map(encodeURIComponent);
    history.replaceState(null, "", `#${names.join("&")}`);
  }

  for (const id of ["one", "other"]) $(id).addEventListener("change", onChange);
  $("face").addEventListener("change", show);
  $("divide").addEventListener("input", moveDivider);
  addEventListener("hashchange", start);
  $("compare").hidden = false;
  $("compared").hidden = false;
  start();
}

if ($("compare")) runComparePage(JSON.parse($("data").textContent));
