// The table of hints: how a drawing differs from a model's training inputs.

// Return the table's rows and a summary in words; `setPenWidth` is called by the rows' buttons.
export function renderHints(hints, model, setPenWidth) {
  return { rows: hints.map((hint) => makeRow(hint, setPenWidth)), summary: summarise(hints, model) };
}

function summarise(hints, model) {
  if (!hints.length) return "";
  const outside = hints.filter((hint) => hint.advice);
  if (!outside.length) return `By these measures your drawing is like the training drawings of ${model.name}.`;
  const parts = outside.map(({ title, value_text: value, usual_text: usual, advice }) => (
    `${title.toLowerCase()} ${value}, usually ${usual} (${advice})`
  ));
  return `Your drawing differs from the training drawings of ${model.name}: ${parts.join("; ")}.`;
}

function makeRow(hint, setPenWidth) {
  const row = document.createElement("tr");
  row.className = hint.advice ? "outside" : "";
  row.dataset.measure = hint.name;
  row.append(
    makeCell("th", hint.title),
    makeCell("td", hint.value_text, "value"),
    makeBar(hint),
    makeCell("td", hint.usual_text, "usual"),
    makeAdvice(hint, setPenWidth),
  );
  return row;
}

function makeCell(tag, text, className = "") {
  const cell = document.createElement(tag);
  cell.textContent = text;
  cell.className = className;
  if (tag === "th") cell.scope = "row";
  return cell;
}

// The usual range as a band, with the drawing's value as a mark.
function makeBar({ value, low, high }) {
  const [start, end] = [Math.min(value, low), Math.max(value, high)];
  const margin = 0.08 * (end - start || 1);
  const percent = (number) => (100 * (number - start + margin)) / (end - start + 2 * margin);
  const cell = makeCell("td", "", "bar");
  const [band, mark] = [document.createElement("i"), document.createElement("b")];
  band.style.left = `${percent(low)}%`;
  band.style.width = `${Math.max(1, percent(high) - percent(low))}%`;
  mark.style.left = `${percent(value)}%`;
  const track = document.createElement("span");
  track.append(band, mark);
  cell.append(track);
  cell.setAttribute("aria-hidden", "true");
  return cell;
}

function makeAdvice(hint, setPenWidth) {
  const cell = makeCell("td", hint.advice, "advice");
  if (hint.name !== "stroke_width" || !hint.advice) return cell;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = `Set width ${hint.median.toFixed(1)}`;
  button.addEventListener("click", () => setPenWidth(hint.median));
  cell.append(" ", button);
  return cell;
}
