"use strict";
// Every page works without this but the one that compares; nothing here loads anything.
const $ = (id) => document.getElementById(id);

function made(tag, text, name) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (name) element.className = name;
  return element;
}

// ── tables sorted by a heading: rows stay within their group, missing values stay last ──────────
function sortable(table) {
  for (const head of table.querySelectorAll("th[data-sort]")) {
    const label = head.querySelector(".sorts");
    const button = made("button", undefined, "sort");
    button.type = "button";
    button.append(...label.childNodes);
    label.replaceWith(button);
    button.addEventListener("click", () => sort(table, head));
  }
}

function sort(table, head) {
  const first = head.dataset.sort || "ascending";
  const way = head.getAttribute("aria-sort") !== first ? first : first === "ascending" ? "descending" : "ascending";
  for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", way);
  const sign = way === "ascending" ? 1 : -1;
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

for (const table of document.querySelectorAll("table.sortable")) sortable(table);

// ── two translations of the same images ─────────────────────────────────────────────────────────
function comparison(boards) {
  const all = boards.flatMap((board) => board.translations.map((item) => ({ board, item })));
  const find = (name) => all.find(({ item }) => item.name === name) ?? all[0];

  function listed(select, chosen, items) {
    select.replaceChildren(...items);
    select.value = chosen;
    if (select.selectedIndex < 0) select.selectedIndex = 0;
  }

  function names(items) {
    return items.map((item) => new Option(item.name, item.name));
  }

  function grouped() {
    return boards.map((board) => {
      const group = made("optgroup");
      group.label = board.title;
      group.append(...names(board.translations));
      return group;
    });
  }

  function picture(image, item, side, face, id) {
    const source = item.images[side]?.[face];
    image.hidden = !source;
    if (source) image.src = source;
    else image.removeAttribute("src");
    image.alt = `${side === "output" ? item.name : side} of held-out image ${id}`;
  }

  function beside(board, items, face) {
    const id = board.faces[face];
    const shown = [];
    for (const item of items) {
      for (const side of Object.keys(item.images)) {
        if (side !== "output") shown.push([`${side}, ${item.note}`, item, side]);
      }
    }
    const seen = new Map();
    for (const [title, item, side] of shown) {
      const source = item.images[side][face];
      if (source && !seen.has(source)) seen.set(source, [title, item, side]);
    }
    $("beside").replaceChildren(...[...seen.values()].map(([title, item, side]) => {
      const figure = made("figure");
      const image = new Image();
      picture(image, item, side, face, id);
      figure.append(image, made("figcaption", side === "photo" ? "photo" : title));
      return figure;
    }));
  }

  function figure(figures, key) {
    const cell = made("td", undefined, "num");
    const [value, interval] = figures[key] ?? ["–", ""];
    cell.append(made("span", value, "value"));
    if (interval) cell.append(made("span", interval, "interval"));
    return cell;
  }

  function row(score, board, one, other, face) {
    const line = made("tr");
    const head = made("th");
    head.scope = "row";
    const how = made("button", "?", "info");
    how.type = "button";
    how.setAttribute("popovertarget", score.note);
    how.setAttribute("aria-label", `How ${score.title} is made`);
    how.title = $(score.note)?.textContent.replace(/\s+/g, " ").trim() ?? "";
    head.append(`${score.title} ${score.higher ? "↑" : "↓"} `, how);
    const [value, interval, outcome] = board.differences[`${one.name}\n${other.name}`]?.[score.key] ?? [];
    const apart = made("td", value === undefined ? "–" : undefined, "num");
    if (value !== undefined) apart.append(made("span", value, "value"), made("span", interval, "interval"));
    const by = [one, other].map((item) => item.faces[score.key]?.[face]);
    line.append(
      head,
      figure(one.figures, score.key),
      figure(other.figures, score.key),
      apart,
      made("td", outcome ?? "–", outcome?.replace(" ", "-")),
      made("td", by[0] === undefined ? "–" : by.join(" | "), "num"),
    );
    return line;
  }

  function told(board, one, other) {
    const found = Object.values(board.differences[`${one.name}\n${other.name}`] ?? {});
    const count = (word) => found.filter(([, , outcome]) => outcome === word).length;
    return one === other || !found.length
      ? ""
      : `Of ${found.length} scores, ${one.name} is better by ${count("better")} and worse by ${count("worse")}; ${count("not settled")} are not settled.`;
  }

  function show() {
    const { board, item: one } = find($("one").value);
    const rest = board.translations.filter((item) => item !== one);
    if (!rest.some((item) => item.name === $("other").value)) listed($("other"), rest[0].name, names(rest));
    else listed($("other"), $("other").value, names(rest));
    const other = rest.find((item) => item.name === $("other").value);
    if ($("face").dataset.board !== board.title) {
      $("face").dataset.board = board.title;
      listed($("face"), "0", board.faces.map((id, place) => new Option(id, String(place))));
    }
    const face = Number($("face").value);
    for (const [end, item] of [["one", one], ["other", other]]) {
      picture($(`image-${end}`), item, "output", face, board.faces[face]);
      $(`name-${end}`).textContent = item.name;
      $(`head-${end}`).textContent = item.name;
    }
    beside(board, [one, other], face);
    $("scores").tBodies[0].replaceChildren(...board.scores.map((score) => row(score, board, one, other, face)));
    $("verdict").textContent = told(board, one, other);
    $("command").textContent = [
      ...new Set([one.variant, other.variant].map((variant) => `s2f evaluate ${variant}`)),
      "s2f report",
    ].join(" && ");
    divide();
  }

  function divide() {
    const at = $("divide").value;
    $("image-one").parentElement.style.setProperty("--at", `${at}%`);
    $("divide").setAttribute("aria-valuetext", `${at} % ${$("name-one").textContent}`);
  }

  function start() {
    const [one, other] = location.hash.slice(1).split("&").map(decodeURIComponent);
    listed($("one"), find(one).item.name, grouped());
    if (other) listed($("other"), other, names(find(one).board.translations));
    show();
  }

  function chosen() {
    show();
    const names = [$("one").value, $("other").value].map(encodeURIComponent);
    history.replaceState(null, "", `#${names.join("&")}`);
  }

  for (const id of ["one", "other"]) $(id).addEventListener("change", chosen);
  $("face").addEventListener("change", show);
  $("divide").addEventListener("input", divide);
  addEventListener("hashchange", start);
  $("compare").hidden = false;
  $("compared").hidden = false;
  start();
}

if ($("compare")) comparison(JSON.parse($("data").textContent));
