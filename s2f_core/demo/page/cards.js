// A model's card: its picture, kept up to date while somebody draws.
import { Later, Newer } from "./engines.js";

// Not all at once: somewhere in the second half of the time that the server said.
const pause = (seconds) => new Promise((resolve) => {
  setTimeout(resolve, 1000 * seconds * (0.5 + Math.random() / 2));
});

// One request at a time; what changed meanwhile is one more, with what the sheet then shows.
export class Card {
  constructor(model, engine, board, settings) {
    Object.assign(this, { model, engine, board, settings });
    this.element = document.getElementById("card").content.firstElementChild.cloneNode(true);
    this.canvas = this.element.querySelector("canvas");
    this.note = this.element.querySelector(".ms");
    this.element.dataset.model = model.name;
    this.element.querySelector("h3").textContent = model.name;
    this.element.querySelector(".what").textContent = what(model);
    this.canvas.setAttribute("aria-label", `What ${model.name} makes of it`);
    this.note.title = "What the model took, and the time since the sheet changed";
    const save = this.element.querySelector("button");
    save.setAttribute("aria-label", `Save the picture of ${model.name}`);
    save.addEventListener("click", () => download(this.canvas, `${model.name}.png`));
    this.wanted = null;
    this.busy = false;
    this.isReady = false;
  }

  // Show what the model makes of the sheet, which changed at `time`.
  async ask(time) {
    this.wanted = time;
    if (this.busy) return;
    this.busy = this.element.ariaBusy = true;
    while (this.wanted !== null) {
      const asked = this.wanted;
      this.wanted = null;
      await this.update(asked);
    }
    this.busy = this.element.ariaBusy = false;
  }

  async update(time) {
    if (this.board.empty && this.model.sheet !== "noise") {
      this.blank();
      return;
    }
    try {
      const since = this.isReady ? time : await this.prepare();
      this.show(await this.engine.translate(this.model, this.board, this.settings()), since);
    } catch (error) {
      if (error instanceof Later) {
        this.note.textContent = error.message;
        await pause(error.seconds);
        this.wanted ??= time;
      } else if (!(error instanceof Newer)) {
        this.fail(error);
      }
    }
  }

  // Have the model exported; gives when that was done.
  async prepare() {
    const slow = setTimeout(() => {
      this.note.textContent = "getting ready, which takes seconds the first time…";
    }, 150);
    try {
      await this.engine.ready(this.model);
      this.isReady = true;
    } finally {
      clearTimeout(slow);
    }
    return performance.now();
  }

  show({ picture, size, ms }, time) {
    this.canvas.width = this.canvas.height = size;
    const context = this.canvas.getContext("2d");
    if (picture instanceof ImageData) context.putImageData(picture, 0, 0);
    else context.drawImage(picture, 0, 0);
    const all = performance.now() - time;
    this.element.classList.remove("failed", "blank");
    this.note.textContent = `${rounded(ms)} ms, ${rounded(all)} ms in all`;
    this.element.dispatchEvent(new CustomEvent("shown", {
      bubbles: true, detail: { model: this.model.name, ms, all },
    }));
  }

  blank() {
    this.element.classList.add("blank");
    this.element.classList.remove("failed");
    this.note.textContent = "";
  }

  fail(error) {
    this.element.classList.add("failed");
    this.note.textContent = error.message;
  }
}

const rounded = (ms) => (ms < 10 ? ms.toFixed(1) : Math.round(ms));

function what({ sheet, condition, role, size }) {
  const from = sheet === "noise" ? "noise" : condition === "given" ? "people’s drawings" : condition;
  return `${from} → ${role ?? "pictures"}, ${size} px`;
}

export function download(canvas, name) {
  canvas.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }, "image/png");
}
