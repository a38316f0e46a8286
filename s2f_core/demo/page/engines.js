// The two engines that run models: the server and this browser. `translate` gives {picture, size, ms, note}.

export class Superseded extends Error {} // a newer drawing replaced this one
export class RetryLater extends Error { // the queue is full, or the server does not answer
  constructor(message, seconds) {
    super(message);
    this.seconds = seconds;
  }
}

const client = [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(16)).join("-");

async function post(path, parameters, body) {
  const query = new URLSearchParams({ ...parameters, client });
  const headers = body ? { "content-type": body.type } : {};
  const response = await fetch(`${path}?${query}`, { method: "POST", body, headers }).catch(() => {
    throw new RetryLater("the server does not answer; trying again…", 1);
  });
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({ error: response.statusText }));
  if (response.status === 409 && error === "a newer drawing replaced this one") throw new Superseded(error);
  if (response.status === 503) throw new RetryLater(error, Number(response.headers.get("retry-after")) || 1);
  throw new Error(error);
}

export const serverEngine = {
  async prepare(model) {
    await post("/api/prepare", { model: model.name });
  },

  async translate(model, board, { seed, palette, upscale, mirror, align }) {
    const body = model.canvas === "noise" ? undefined : board.rgb(model.drawingSize);
    const parameters = { seed, upscale, mirror: mirror && model.canMirror, align: align ? "auto" : "off" };
    if (model.palettes.length) parameters.palette = palette;
    const response = await post("/api/picture", { model: model.name, ...parameters }, body);
    const picture = await createImageBitmap(await response.blob());
    const ms = Number(/model;dur=([\d.]+)/.exec(response.headers.get("server-timing"))?.[1]);
    return { picture, size: picture.width, ms, note: response.headers.get("s2f-notes") };
  },

  async hints(model, board, { align }) {
    const parameters = { model: model.name, align: align ? "auto" : "off" };
    const response = await post("/api/hints", parameters, board.rgb(model.drawingSize));
    return response.json();
  },

  async clean(drawing) {
    const response = await post("/api/drawing", {}, drawing);
    return [await createImageBitmap(await response.blob()), response.headers.get("s2f-notes")];
  },

  async palette(model, photo) {
    const response = await post("/api/palette", { model: model.name }, photo);
    return (await response.json()).palette;
  },

  async condition(model, photo) {
    const response = await post("/api/condition", { model: model.name }, photo);
    return createImageBitmap(await response.blob());
  },
};

export function makeBrowserEngine() {
  const pending = new Map(); // [resolve, reject] by id
  let worker = null;
  let lastId = 0;

  function startWorker() {
    worker = new Worker("/page/worker.js", { type: "module" });
    worker.addEventListener("message", ({ data }) => {
      const { id, error, ...result } = data;
      const [resolve, reject] = pending.get(id);
      pending.delete(id);
      if (error) reject(new Error(error));
      else resolve(result);
    });
    worker.addEventListener("error", () => {
      for (const [, reject] of pending.values()) {
        reject(new Error("ONNX Runtime for browsers is not installed: s2f fetch onnxruntime-web"));
      }
      pending.clear();
      worker = null;
    });
  }

  return {
    async prepare() {},

    translate(model, board, { seed, palette, mirror }) {
      if (!worker) startWorker();
      const pixels = model.canvas === "noise" ? null : board.pixels(model.size);
      const id = (lastId += 1);
      return new Promise((resolve, reject) => {
        pending.set(id, [resolve, reject]);
        const colours = model.palettes.length ? palette : "";
        worker.postMessage({ id, model, pixels, seed, palette: colours, mirror: mirror && model.canMirror });
      }).then(({ picture, size, ms }) => ({ picture: new ImageData(picture, size, size), size, ms }));
    },
  };
}
