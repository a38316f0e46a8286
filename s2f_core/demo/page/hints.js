// How a drawing differs from what a model learned from, as a table of bars and words.

export function shown(hints, model, pen) {
  const rows = hints.map((hint) => row(hint, pen));
  const outside = hints.filter((hint) => hint.says);
  return { rows, summary: summary(hints, outside, model) };
}

function summary(hints, outside, model) {
  if (!hints.length) return "";
  if (!outside.length) return `By these measures it is like the drawings that ${model.name} learned from.`;
  const parts = outside.map(({ title, shown: mine, usual, says }) => `${title.toLowerCase()} ${mine}, usually ${usual} (${says})`);
  return `Unlike what ${model.name} learned from: ${parts.join("; ")}.`;
}

function row(hint, pen) {
  const line = document.createElement("tr");
  line.className = hint.says ? "outside" : "";
  line.dataset.measure = hint.name;
  line.append(
    cell("th", hint.title),
    cell("td", hint.shown, "figure"),
    bar(hint),
    cell("td", hint.usual, "usual"),
    advice(hint, pen),
  );
  return line;
}

function cell(kind, text, name = "") {
  const made = document.createElement(kind);
  made.textContent = text;
  made.className = name;
  if (kind === "th") made.scope = "row";
  return made;
}

// The usual range as a band, the drawing as a mark on it.
function bar({ value, low, high }) {
  const [start, end] = [Math.min(value, low), Math.max(value, high)];
  const margin = 0.08 * (end - start || 1);
  const place = (one) => (100 * (one - start + margin)) / (end - start + 2 * margin);
  const made = cell("td", "", "bar");
  const [band, mark] = [document.createElement("i"), document.createElement("b")];
  band.style.left = `${place(low)}%`;
  band.style.width = `${Math.max(1, place(high) - place(low))}%`;
  mark.style.left = `${place(value)}%`;
  const track = document.createElement("span");
  track.append(band, mark);
  made.append(track);
  made.setAttribute("aria-hidden", "true");
  return made;
}

function advice(hint, pen) {
  const made = cell("td", hint.says, "says");
  if (hint.name !== "stroke_width" || !hint.says) return made;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = `Pen of ${hint.middle.toFixed(1)}`;
  button.addEventListener("click", () => pen(hint.middle));
  made.append(" ", button);
  return made;
}
