"use strict";
const table = document.getElementById("table");
const chooser = document.getElementById("chooser");

// Numbers come first, by size, then text; missing values come last in both directions.
function compare(one, other, sign) {
  const missing = (text) => text === "" || text === "–";
  if (missing(one) || missing(other)) return missing(one) - missing(other);
  const [a, b] = [Number(one), Number(other)];
  if (Number.isNaN(a) !== Number.isNaN(b)) return Number.isNaN(a) ? 1 : -1;
  return sign * (Number.isNaN(a) ? one.localeCompare(other, undefined, { numeric: true }) : a - b);
}

function sort(head) {
  const column = head.cellIndex;
  const sign = head.ariaSort === "ascending" ? -1 : 1;
  for (const other of table.tHead.rows[0].cells) other.ariaSort = null;
  head.ariaSort = sign > 0 ? "ascending" : "descending";
  const text = (row) => row.cells[column].textContent.trim();
  const rows = [...table.tBodies[0].rows];
  table.tBodies[0].append(...rows.sort((one, other) => compare(text(one), text(other), sign)));
}

function showGroup(group) {
  for (const cell of table.querySelectorAll("[data-group]")) cell.hidden = cell.dataset.group !== group;
  table.classList.add("chosen");
}

if (table) {
  for (const head of table.tHead.rows[0].cells) {
    if ("unsorted" in head.dataset) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(head));
    head.append(button);
  }
}
if (chooser) {
  const select = document.getElementById("group");
  chooser.hidden = false;
  showGroup(select.value);
  select.addEventListener("input", () => showGroup(select.value));
}
