// What happens to a drawing before a model sees it, and to what the model makes: as the server has it.

// Shrunk by areas, as OpenCV does: every pixel is the mean of the area under it, rounded half to
// even. `pixels` is RGBA of `side` × `side`; gives RGBA of `size` × `size`.
export function shrunk(pixels, side, size) {
  if (side === size) return pixels;
  const scale = side / size;
  const weights = Array.from({ length: size }, (_, at) => spread(at * scale, (at + 1) * scale, side));
  const found = new Uint8ClampedArray(size * size * 4);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      let [red, green, blue, alpha] = [0, 0, 0, 0];
      for (const [y, high] of weights[row]) {
        for (const [x, wide] of weights[column]) {
          const at = 4 * (y * side + x);
          const weight = high * wide;
          red += weight * pixels[at];
          green += weight * pixels[at + 1];
          blue += weight * pixels[at + 2];
          alpha += weight * pixels[at + 3];
        }
      }
      const to = 4 * (row * size + column);
      for (const [channel, sum] of [red, green, blue, alpha].entries()) {
        found[to + channel] = halfToEven(sum / (scale * scale));
      }
    }
  }
  return found;
}

// The pixels from `start` to `end`, each with the part of it that lies between them.
function spread(start, end, side) {
  const found = [];
  for (let at = Math.floor(start); at < Math.min(Math.ceil(end), side); at += 1) {
    const part = Math.min(at + 1, end) - Math.max(at, start);
    if (part > 1e-9) found.push([at, part]);
  }
  return found;
}

function halfToEven(value) {
  const low = Math.floor(value);
  if (value - low !== 0.5) return Math.round(value);
  return low % 2 ? low + 1 : low;
}

// RGBA to what a network sees: float32 [channels, size, size] in [-1, 1]. One channel is grey by
// BT.601, in the whole numbers that OpenCV has.
export function toModel(pixels, channels) {
  const count = pixels.length / 4;
  const found = new Float32Array(channels * count);
  for (let at = 0; at < count; at += 1) {
    const [red, green, blue] = pixels.subarray(4 * at, 4 * at + 3);
    const values = channels === 1
      ? [(red * 9798 + green * 19235 + blue * 3735 + 16384) >> 15]
      : [red, green, blue];
    for (let channel = 0; channel < channels; channel += 1) {
      found[channel * count + at] = Math.fround(values[channel] / 127.5) - 1;
    }
  }
  return found;
}

// The other way: RGBA of an output [1 or 3, size, size].
export function fromModel(values, channels) {
  const count = values.length / channels;
  const found = new Uint8ClampedArray(count * 4).fill(255);
  for (let at = 0; at < count; at += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      const value = values[(channels === 1 ? 0 : channel) * count + at];
      found[4 * at + channel] = halfToEven((Math.min(1, Math.max(-1, value)) + 1) * 127.5);
    }
  }
  return found;
}
