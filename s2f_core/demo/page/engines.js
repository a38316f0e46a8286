// Where models compute: on the server, or in this browser. Both give {picture, size, ms}.

export class Newer extends Error {} // a newer drawing came: nobody waits for this one
export class Later extends Error { // too much to do at the moment, or nobody there
  constructor(message, seconds) {
    super(message);
    this.seconds = seconds;
  }
}

const client = [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(16)).join("-");

async function asked(path, parameters, body) {
  const query = new URLSearchParams({ ...parameters, client });
  const headers = body ? { "content-type": body.type } : {};
  const answer = await fetch(`${path}?${query}`, { method: "POST", body, headers }).catch(() => {
    throw new Later("the server does not answer; asking again…", 1);
  });
  if (answer.ok) return answer;
  const { error } = await answer.json().catch(() => ({ error: answer.statusText }));
  if (answer.status === 409 && error === "a newer drawing came") throw new Newer(error);
  if (answer.status === 503) throw new Later(error, Number(answer.headers.get("retry-after")) || 1);
  throw new Error(error);
}

export const server = {
  local: false,

  async ready(model) {
    await asked("/api/ready", { model: model.name });
  },

  async translate(model, drawing, { seed, upscale }) {
    const body = model.sheet === "noise" ? undefined : drawing.rgb(model.size);
    const answer = await asked("/api/picture", { model: model.name, seed, upscale }, body);
    const picture = await createImageBitmap(await answer.blob());
    const ms = Number(/model;dur=([\d.]+)/.exec(answer.headers.get("server-timing"))?.[1]);
    return { picture, size: picture.width, ms };
  },

  async hints(model, drawing) {
    const answer = await asked("/api/hints", { model: model.name }, drawing.rgb(model.size));
    return (await answer.json()).hints;
  },

  async condition(model, photo) {
    const answer = await asked("/api/condition", { model: model.name }, photo);
    return createImageBitmap(await answer.blob());
  },
};

export function inBrowser() {
  const waiting = new Map();
  let worker = null;
  let count = 0;

  function start() {
    worker = new Worker("/page/worker.js", { type: "module" });
    worker.addEventListener("message", ({ data }) => {
      const { id, error, ...found } = data;
      const [resolve, reject] = waiting.get(id);
      waiting.delete(id);
      if (error) reject(new Error(error));
      else resolve(found);
    });
    worker.addEventListener("error", () => {
      for (const [, reject] of waiting.values()) {
        reject(new Error("ONNX Runtime for browsers is not here: s2f fetch onnxruntime-web"));
      }
      waiting.clear();
      worker = null;
    });
  }

  return {
    local: true,

    async ready() {},

    translate(model, drawing, { seed }) {
      if (!worker) start();
      const pixels = model.sheet === "noise" ? null : drawing.pixels(model.size);
      const id = (count += 1);
      return new Promise((resolve, reject) => {
        waiting.set(id, [resolve, reject]);
        worker.postMessage({ id, model, pixels, seed });
      }).then(({ picture, size, ms }) => ({ picture: new ImageData(picture, size, size), size, ms }));
    },
  };
}
