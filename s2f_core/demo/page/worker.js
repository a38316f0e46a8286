// Runs models in the browser with ONNX Runtime's WebAssembly, in a worker so that drawing never waits.
import * as ort from "/runtime/ort.wasm.bundle.min.mjs";
import { flip, fromModel, mean, toModel } from "./pixels.js";

ort.env.wasm.wasmPaths = { wasm: "/runtime/ort-wasm-simd-threaded.wasm" };
ort.env.wasm.numThreads = self.crossOriginIsolated ? Math.min(2, navigator.hardwareConcurrency) : 1;

const sessions = new Map(); // promises by name

function openSession(name) {
  if (!sessions.has(name)) {
    const session = fetch(`/models/${encodeURIComponent(name)}.onnx`)
      .then((response) => {
        if (!response.ok) throw new Error(`the model ${name} could not be loaded: status ${response.status}`);
        return response.arrayBuffer();
      })
      .then((bytes) => ort.InferenceSession.create(new Uint8Array(bytes)));
    session.catch(() => sessions.delete(name));
    sessions.set(name, session);
  }
  return sessions.get(name);
}

// Fetch the random inputs: PyTorch draws them on the server, so the pictures are the same.
async function fetchNoise(name, seed, palette) {
  const response = await fetch(`/api/noise?${new URLSearchParams({ model: name, seed, palette })}`);
  const shapes = response.headers.get("s2f-shapes"); // such as "z=1x8x1x1; noise=1x1x64x64"
  const values = new Float32Array(await response.arrayBuffer());
  const inputs = {};
  let start = 0;
  for (const part of shapes ? shapes.split("; ") : []) {
    const [input, shape] = part.split("=");
    const dims = shape.split("x").map(Number);
    const count = dims.reduce((product, length) => product * length, 1);
    inputs[input] = new ort.Tensor("float32", values.slice(start, start + count), dims);
    start += count;
  }
  return inputs;
}

async function translate({ model, pixels, seed, palette, mirror }) {
  const session = await openSession(model.name);
  const inputs = model.takesNoise ? await fetchNoise(model.name, seed, palette) : {};
  const start = performance.now();
  if (pixels) {
    const shape = [1, model.inChannels, model.size, model.size];
    inputs.input = new ort.Tensor("float32", toModel(pixels, model.inChannels), shape);
  }
  const { output } = await session.run(inputs);
  let values = output.data;
  if (mirror) {
    const { data, dims } = inputs.input;
    const mirrored = { ...inputs, input: new ort.Tensor("float32", flip(data, model.size), dims) };
    values = mean(values, flip((await session.run(mirrored)).output.data, output.dims[3]));
  }
  const picture = fromModel(values, output.dims[1]);
  return { picture, size: output.dims[2], ms: performance.now() - start };
}

self.addEventListener("message", async ({ data }) => {
  try {
    const result = await translate(data);
    self.postMessage({ id: data.id, ...result }, [result.picture.buffer]);
  } catch (error) {
    self.postMessage({ id: data.id, error: String(error.message ?? error) });
  }
});
