// A model's card: its picture, updated while somebody draws.
import { RetryLater, Superseded } from "./engines.js";

// Wait for a random time in the second half of the seconds, so that pages do not retry together.
const pause = (seconds) => new Promise((resolve) => {
  setTimeout(resolve, 1000 * seconds * (0.5 + Math.random() / 2));
});

// Sends one request at a time; all changes meanwhile become one more request.
export class Card {
  constructor(model, engine, board, settings) {
    Object.assign(this, { model, engine, board, settings });
    this.element = document.getElementById("card").content.firstElementChild.cloneNode(true);
    this.canvas = this.element.querySelector("canvas");
    this.status = this.element.querySelector(".status");
    this.element.dataset.model = model.name;
    this.element.querySelector("h3").textContent = model.name;
    this.element.querySelector(".description").textContent = describe(model);
    this.canvas.setAttribute("aria-label", `Picture by ${model.name}`);
    this.status.title = "Time of the model, and time since the drawing changed";
    const save = this.element.querySelector("button");
    save.setAttribute("aria-label", `Save the picture by ${model.name}`);
    save.addEventListener("click", () => download(this.canvas, `${model.name}.png`));
    this.pendingSince = null; // time of the newest change without a request
    this.isBusy = false;
    this.isReady = false;
  }

  // Show the model's picture of the drawing, which changed at `time`.
  async update(time) {
    this.pendingSince = time;
    if (this.isBusy) return;
    this.isBusy = this.element.ariaBusy = true;
    while (this.pendingSince !== null) {
      const since = this.pendingSince;
      this.pendingSince = null;
      await this.request(since);
    }
    this.isBusy = this.element.ariaBusy = false;
  }

  async request(time) {
    if (this.board.isEmpty && this.model.canvas !== "noise") {
      this.showBlank();
      return;
    }
    try {
      const since = this.isReady ? time : await this.prepare();
      this.show(await this.engine.translate(this.model, this.board, this.settings()), since);
    } catch (error) {
      if (error instanceof RetryLater) {
        this.status.textContent = error.message;
        await pause(error.seconds);
        this.pendingSince ??= time;
      } else if (!(error instanceof Superseded)) {
        this.showError(error);
      }
    }
  }

  // Have the model exported; return the time when it was ready.
  async prepare() {
    const timer = setTimeout(() => {
      this.status.textContent = "preparing the model: some seconds, the first time only…";
    }, 150);
    try {
      await this.engine.prepare(this.model);
      this.isReady = true;
    } finally {
      clearTimeout(timer);
    }
    return performance.now();
  }

  show({ picture, size, ms, note }, time) {
    this.canvas.width = this.canvas.height = size;
    const context = this.canvas.getContext("2d");
    if (picture instanceof ImageData) context.putImageData(picture, 0, 0);
    else context.drawImage(picture, 0, 0);
    const totalMs = performance.now() - time;
    this.element.classList.remove("failed", "blank");
    this.status.textContent = `model ${formatMs(ms)} ms, total ${formatMs(totalMs)} ms${note ? ` · ${note}` : ""}`;
    this.element.dispatchEvent(new CustomEvent("pictureshown", {
      bubbles: true, detail: { model: this.model.name, ms, totalMs },
    }));
  }

  showBlank() {
    this.element.classList.add("blank");
    this.element.classList.remove("failed");
    this.status.textContent = "";
  }

  showError(error) {
    this.element.classList.add("failed");
    this.status.textContent = error.message;
  }
}

const formatMs = (ms) => (ms < 10 ? ms.toFixed(1) : Math.round(ms));

function describe({ canvas, condition, forDrawings, role, size }) {
  const isByPeople = forDrawings || condition === "given";
  const input = canvas === "noise" ? "noise" : isByPeople ? "people’s drawings" : condition;
  return `${input} → ${role ?? "pictures"}, ${size} px`;
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
