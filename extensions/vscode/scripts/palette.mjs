// Writes PNG files anew with at most 256 colours: palette.mjs FROM TO. Pictures of an editor have few, and lie in every package.
import { readFileSync, writeFileSync } from 'node:fs';
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const [from, to] = process.argv.slice(2);
const image = decode(readFileSync(from));
writeFileSync(to, encode(image, choose(image.pixels)));

/** The pixels of a PNG with eight bits for each of three or four channels, as 0xRRGGBB. */
function decode(file) {
  const parts = [];
  let header;
  for (let at = signature.length; at < file.length; at += 12 + file.readUInt32BE(at)) {
    const type = file.toString('latin1', at + 4, at + 8);
    const data = file.subarray(at + 8, at + 8 + file.readUInt32BE(at));
    if (type === 'IHDR') {
      header = data;
    } else if (type === 'IDAT') {
      parts.push(data);
    }
  }
  const [width, height, channels] = [header.readUInt32BE(0), header.readUInt32BE(4), { 2: 3, 6: 4 }[header[9]]];
  if (header[8] !== 8 || channels === undefined || header[12] !== 0) {
    throw new Error(`${from} is not a PNG with eight bits for each of red, green and blue.`);
  }
  const raw = inflateSync(Buffer.concat(parts));
  const stride = width * channels;
  const pixels = new Uint32Array(width * height);
  let above = Buffer.alloc(stride);
  for (let y = 0; y < height; y++) {
    const start = y * (stride + 1);
    const line = unfilter(raw[start], raw.subarray(start + 1, start + 1 + stride), above, channels);
    for (let x = 0; x < width; x++) {
      pixels[y * width + x] = line.readUIntBE(x * channels, 3);
    }
    above = line;
  }
  return { width, height, pixels };
}

// PNG, section 9.2.
function unfilter(filter, line, above, channels) {
  for (let i = 0; i < line.length; i++) {
    const left = i < channels ? 0 : line[i - channels];
    const corner = i < channels ? 0 : above[i - channels];
    line[i] += [0, left, above[i], (left + above[i]) >> 1, paeth(left, above[i], corner)][filter];
  }
  return line;
}

function paeth(left, above, corner) {
  const [a, b, c] = [Math.abs(above - corner), Math.abs(left - corner), Math.abs(left + above - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? above : corner;
}

/** The colours that are used most, none too near to another. */
function choose(pixels) {
  const counts = new Map();
  for (const pixel of pixels) {
    counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  }
  const byUse = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([colour]) => colour);
  for (let apart = 0; ; apart += 24) {
    const chosen = [];
    for (const colour of byUse) {
      if (chosen.length < 257 && chosen.every((other) => distance(colour, other) > apart)) {
        chosen.push(colour);
      }
    }
    if (chosen.length <= 256) {
      return chosen;
    }
  }
}

function distance(a, b) {
  return [16, 8, 0].reduce((sum, shift) => sum + (((a >> shift) & 255) - ((b >> shift) & 255)) ** 2, 0);
}

function encode({ width, height, pixels }, palette) {
  const known = new Map(palette.map((colour, index) => [colour, index]));
  const raw = Buffer.alloc((width + 1) * height);
  pixels.forEach((pixel, i) => {
    let index = known.get(pixel);
    if (index === undefined) {
      index = palette.reduce((best, colour, at) => (distance(pixel, colour) < distance(pixel, palette[best]) ? at : best), 0);
      known.set(pixel, index);
    }
    raw[i + Math.floor(i / width) + 1] = index;
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8);
  const colours = Buffer.alloc(palette.length * 3);
  palette.forEach((colour, index) => colours.writeUIntBE(colour, index * 3, 3));
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('PLTE', colours),
    chunk('IDAT', deflateSync(raw, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}
