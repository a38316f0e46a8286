// Models in the browser: ONNX Runtime's WebAssembly, beside the page, so that drawing never waits.
import * as ort from "/runtime/ort.wasm.bundle.min.mjs";
import { fromModel, toModel } from "./pixels.js";

ort.env.wasm.wasmPaths = { wasm: "/runtime/ort-wasm-simd-threaded.wasm" };
ort.env.wasm.numThreads = self.crossOriginIsolated ? Math.min(2, navigator.hardwareConcurrency) : 1;

const sessions = new Map();

function opened(name) {
  if (!sessions.has(name)) {
    const made = fetch(`/models/${encodeURIComponent(name)}.onnx`)
      .then((answer) => {
        if (!answer.ok) throw new Error(`the model ${name} did not come: ${answer.status}`);
        return answer.arrayBuffer();
      })
      .then((bytes) => ort.InferenceSession.create(new Uint8Array(bytes)));
    made.catch(() => sessions.delete(name));
    sessions.set(name, made);
  }
  return sessions.get(name);
}

// The inputs that are noise come as numbers from where PyTorch draws them.
async function drawn(name, seed) {
  const answer = await fetch(`/api/noise?${new URLSearchParams({ model: name, seed })}`);
  const shapes = answer.headers.get("s2f-shapes");
  const values = new Float32Array(await answer.arrayBuffer());
  const found = {};
  let start = 0;
  for (const part of shapes ? shapes.split("; ") : []) {
    const [input, shape] = part.split("=");
    const dims = shape.split("x").map(Number);
    const count = dims.reduce((one, other) => one * other, 1);
    found[input] = new ort.Tensor("float32", values.slice(start, start + count), dims);
    start += count;
  }
  return found;
}

async function made({ model, pixels, seed }) {
  const session = await opened(model.name);
  const inputs = model.noisy ? await drawn(model.name, seed) : {};
  const began = performance.now();
  if (pixels) {
    const shape = [1, model.inChannels, model.size, model.size];
    inputs.input = new ort.Tensor("float32", toModel(pixels, model.inChannels), shape);
  }
  const { output } = await session.run(inputs);
  const picture = fromModel(output.data, output.dims[1]);
  return { picture, size: output.dims[2], ms: performance.now() - began };
}

self.addEventListener("message", async ({ data }) => {
  try {
    const found = await made(data);
    self.postMessage({ id: data.id, ...found }, [found.picture.buffer]);
  } catch (error) {
    self.postMessage({ id: data.id, error: String(error.message ?? error) });
  }
});
