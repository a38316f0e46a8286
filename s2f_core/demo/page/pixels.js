// Conversions between drawings and network tensors, with the same results as on the server.

// Shrink RGBA of `side` × `side` to `size` × `size` by area averaging, as OpenCV's INTER_AREA does:
// each pixel is the mean of the area under it, rounded half to even.
export function shrink(pixels, side, size) {
  if (side === size) return pixels;
  const scale = side / size;
  const weights = Array.from({ length: size }, (_, index) => areaWeights(index * scale, (index + 1) * scale, side));
  const output = new Uint8ClampedArray(size * size * 4);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      let [red, green, blue, alpha] = [0, 0, 0, 0];
      for (const [y, rowWeight] of weights[row]) {
        for (const [x, columnWeight] of weights[column]) {
          const source = 4 * (y * side + x);
          const weight = rowWeight * columnWeight;
          red += weight * pixels[source];
          green += weight * pixels[source + 1];
          blue += weight * pixels[source + 2];
          alpha += weight * pixels[source + 3];
        }
      }
      const target = 4 * (row * size + column);
      for (const [channel, sum] of [red, green, blue, alpha].entries()) {
        output[target + channel] = roundHalfToEven(sum / (scale * scale));
      }
    }
  }
  return output;
}

// Return [index, share] of each pixel between `start` and `end`; share is the part that lies inside.
function areaWeights(start, end, side) {
  const weights = [];
  for (let index = Math.floor(start); index < Math.min(Math.ceil(end), side); index += 1) {
    const share = Math.min(index + 1, end) - Math.max(index, start);
    if (share > 1e-9) weights.push([index, share]);
  }
  return weights;
}

function roundHalfToEven(value) {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 ? floor + 1 : floor;
}

// Convert RGBA to a network input: float32 [channels, size, size] in [-1, 1]. One channel is grey
// by BT.601, with OpenCV's integer weights.
export function toModel(pixels, channels) {
  const count = pixels.length / 4;
  const output = new Float32Array(channels * count);
  for (let index = 0; index < count; index += 1) {
    const [red, green, blue] = pixels.subarray(4 * index, 4 * index + 3);
    const values = channels === 1
      ? [(red * 9798 + green * 19235 + blue * 3735 + 16384) >> 15]
      : [red, green, blue];
    for (let channel = 0; channel < channels; channel += 1) {
      output[channel * count + index] = Math.fround(values[channel] / 127.5) - 1;
    }
  }
  return output;
}

// Mirror planes of rows of `width` values left to right.
export function flip(values, width) {
  const output = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += width) {
    output.set(values.slice(start, start + width).reverse(), start);
  }
  return output;
}

export function mean(values, others) {
  return values.map((value, index) => Math.fround(value + others[index]) / 2);
}

// Convert a network output [1 or 3, size, size] in [-1, 1] to RGBA.
export function fromModel(values, channels) {
  const count = values.length / channels;
  const output = new Uint8ClampedArray(count * 4).fill(255);
  for (let index = 0; index < count; index += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      const value = values[(channels === 1 ? 0 : channel) * count + index];
      output[4 * index + channel] = roundHalfToEven((Math.min(1, Math.max(-1, value)) + 1) * 127.5);
    }
  }
  return output;
}
