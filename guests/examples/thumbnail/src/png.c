// PNG, third edition: the chunks that carry pixels, palette and transparency. The sections named below are those of the specification.
#include "png.h"
#include "inflate.h"
#include <stdlib.h>
#include <string.h>

enum { GREY = 0, RGB = 2, PALETTE = 3, GREY_ALPHA = 4, RGBA = 6, SIGNATURE = 8, CHUNK_FRAME = 12 };

static const uint8_t signature[SIGNATURE] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

typedef struct {
  png_info_t info;
  uint8_t palette[256][4];
  unsigned palette_count;
  bool has_key; // one colour counts as transparent
  uint16_t key[3];
  uint8_t *packed; // the data of all IDAT chunks
  size_t packed_len;
} image_t;

static const png_result_t fine = {PNG_FINE, NULL};

static png_result_t damaged(const char *reason) { return (png_result_t){PNG_DAMAGED, reason}; }

static uint32_t read32(const uint8_t *p) { return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]; }

static uint8_t *write32(uint8_t *p, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) *p++ = (uint8_t)(value >> shift);
  return p;
}

// Annex D.
static uint32_t crc32(const uint8_t *data, size_t len) {
  static uint32_t table[256];
  if (!table[1]) {
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ value >> 1 : value >> 1;
      table[i] = value;
    }
  }
  uint32_t crc = 0xffffffff;
  for (size_t i = 0; i < len; i++) crc = table[(crc ^ data[i]) & 255] ^ crc >> 8;
  return ~crc;
}

static unsigned channels(uint8_t colour) { return colour == RGB ? 3 : colour == GREY_ALPHA ? 2 : colour == RGBA ? 4 : 1; }

static bool is_chunk(const uint8_t *type, const char *name) { return memcmp(type, name, 4) == 0; }

// Section 11.2.1.
static png_result_t read_header(const uint8_t *data, size_t len, png_info_t *info) {
  if (len != 13) return damaged("the header has another length than 13 bytes");
  *info = (png_info_t){read32(data), read32(data + 4), data[8], data[9], data[9] == GREY_ALPHA || data[9] == RGBA};
  uint8_t depth = info->depth;
  bool is_small = depth == 1 || depth == 2 || depth == 4, is_known = false;
  switch (info->colour) {
    case GREY: is_known = is_small || depth == 8 || depth == 16; break;
    case PALETTE: is_known = is_small || depth == 8; break;
    case RGB: case GREY_ALPHA: case RGBA: is_known = depth == 8 || depth == 16; break;
  }
  if (!is_known || data[10] != 0 || data[11] != 0 || data[12] > 1) return damaged("the header says what PNG does not have");
  if (info->width == 0 || info->height == 0) return damaged("the header says that the image has no pixels");
  return fine;
}

static png_result_t read_transparency(image_t *image, const uint8_t *data, size_t len) {
  uint8_t colour = image->info.colour;
  if (colour == PALETTE) {
    if (len > image->palette_count) return damaged("more colours are transparent than there are");
    for (size_t i = 0; i < len; i++) image->palette[i][3] = data[i];
  } else if ((colour == GREY && len == 2) || (colour == RGB && len == 6)) {
    image->has_key = true;
    for (size_t i = 0; i < len / 2; i++) image->key[i] = (uint16_t)(data[2 * i] << 8 | data[2 * i + 1]);
  } else {
    return damaged("the transparent colours do not fit the header");
  }
  image->info.has_alpha = true;
  return fine;
}

static png_result_t read_palette(image_t *image, const uint8_t *data, size_t len) {
  if (len == 0 || len > 768 || len % 3 != 0) return damaged("the palette has an impossible length");
  image->palette_count = (unsigned)len / 3;
  for (size_t i = 0; i < image->palette_count; i++) {
    memcpy(image->palette[i], data + 3 * i, 3);
    image->palette[i][3] = 255;
  }
  return fine;
}

// Goes over the chunks (section 5.3). Without `packed` it stops at the pixels.
static png_result_t read_chunks(const uint8_t *png, size_t len, image_t *image) {
  if (len < SIGNATURE || memcmp(png, signature, SIGNATURE) != 0) return (png_result_t){PNG_NONE, NULL};
  bool has_header = false;
  for (size_t at = SIGNATURE; len - at >= CHUNK_FRAME;) {
    size_t size = read32(png + at);
    const uint8_t *type = png + at + 4, *data = type + 4;
    if (size > len - at - CHUNK_FRAME) return damaged("it is cut off");
    if (crc32(type, size + 4) != read32(data + size)) return damaged("the checksum of a chunk is wrong");
    png_result_t result = fine;
    if (!has_header) {
      if (!is_chunk(type, "IHDR")) return damaged("it does not begin with a header");
      result = read_header(data, size, &image->info);
      has_header = true;
    } else if (is_chunk(type, "PLTE")) {
      result = read_palette(image, data, size);
    } else if (is_chunk(type, "tRNS")) {
      result = read_transparency(image, data, size);
    } else if (is_chunk(type, "IDAT")) {
      if (!image->packed) return fine;
      memcpy(image->packed + image->packed_len, data, size);
      image->packed_len += size;
    } else if (is_chunk(type, "IEND")) {
      return fine;
    } else if (!(type[0] & 0x20)) {
      return (png_result_t){PNG_UNSUPPORTED, "a chunk that is needed to understand the image is of no known kind"};
    }
    if (result.status != PNG_FINE) return result;
    at += size + CHUNK_FRAME;
  }
  return damaged("it is cut off");
}

png_result_t png_inspect(const uint8_t *png, size_t len, png_info_t *info) {
  image_t image = {0};
  png_result_t result = read_chunks(png, len, &image);
  *info = image.info;
  return result;
}

// Section 9.4.
static uint8_t paeth(int left, int above, int corner) {
  int to_left = abs(above - corner), to_above = abs(left - corner), to_corner = abs(left + above - 2 * corner);
  return (uint8_t)(to_left <= to_above && to_left <= to_corner ? left : to_above <= to_corner ? above : corner);
}

// Section 9.2. `above` is NULL for the first row.
static bool unfilter(uint8_t filter, uint8_t *row, const uint8_t *above, size_t len, size_t step) {
  if (filter > 4) return false;
  for (size_t i = 0; i < len; i++) {
    uint8_t a = i < step ? 0 : row[i - step], b = above ? above[i] : 0, c = above && i >= step ? above[i - step] : 0;
    switch (filter) {
      case 1: row[i] += a; break;
      case 2: row[i] += b; break;
      case 3: row[i] += (uint8_t)((a + b) / 2); break;
      case 4: row[i] += paeth(a, b, c); break;
    }
  }
  return true;
}

// The samples of a row as red, green, blue and opacity of eight bits.
static bool widen(const image_t *image, const uint8_t *row, uint8_t *rgba) {
  unsigned depth = image->info.depth, count = channels(image->info.colour), most = (1u << depth) - 1;
  for (uint32_t x = 0; x < image->info.width; x++, rgba += 4) {
    uint32_t samples[4] = {0};
    for (unsigned c = 0; c < count; c++) {
      size_t at = (size_t)x * count + c;
      samples[c] = depth == 16 ? (uint32_t)(row[2 * at] << 8 | row[2 * at + 1])
                   : depth == 8 ? row[at] : (uint32_t)row[at * depth / 8] >> (8 - depth - at * depth % 8) & most;
    }
    if (image->info.colour == PALETTE) {
      if (samples[0] >= image->palette_count) return false;
      memcpy(rgba, image->palette[samples[0]], 4);
      continue;
    }
    bool is_key = image->has_key && samples[0] == image->key[0] && (count == 1 || (samples[1] == image->key[1] && samples[2] == image->key[2]));
    for (unsigned c = 0; c < count; c++) samples[c] = samples[c] * 255 / most;
    bool is_grey = count < 3;
    rgba[0] = (uint8_t)samples[0];
    rgba[1] = (uint8_t)samples[is_grey ? 0 : 1];
    rgba[2] = (uint8_t)samples[is_grey ? 0 : 2];
    rgba[3] = is_key ? 0 : count == 2 ? (uint8_t)samples[1] : count == 4 ? (uint8_t)samples[3] : 255;
  }
  return true;
}

static png_result_t read_rows(image_t *image, uint8_t *raw, size_t row_len, png_row_t *row, void *context) {
  const png_info_t *info = &image->info;
  size_t step = (size_t)channels(info->colour) * info->depth / 8;
  uint8_t *rgba = malloc((size_t)info->width * 4);
  if (!rgba) abort();
  png_result_t result = fine;
  const uint8_t *above = NULL;
  for (uint32_t y = 0; y < info->height && result.status == PNG_FINE; y++) {
    uint8_t *line = raw + (size_t)y * (row_len + 1);
    if (!unfilter(line[0], line + 1, above, row_len, step ? step : 1)) {
      result = damaged("a row is filtered in no known way");
    } else if (!widen(image, line + 1, rgba)) {
      result = damaged("a pixel has a colour that the palette lacks");
    } else {
      row(context, y, rgba);
    }
    above = line + 1;
  }
  free(rgba);
  return result;
}

png_result_t png_read(const uint8_t *png, size_t len, png_row_t *row, void *context) {
  image_t image = {0};
  png_result_t result = png_inspect(png, len, &image.info);
  if (result.status != PNG_FINE) return result;
  if ((uint64_t)image.info.width * image.info.height > MAX_PIXELS) return (png_result_t){PNG_TOO_LARGE, "the image has more than 16777216 pixels"};
  if (png[SIGNATURE + 8 + 12]) return (png_result_t){PNG_UNSUPPORTED, "interlaced images are not read"};
  // The raw rows of 16 million such pixels would be 128 MiB.
  if (image.info.depth == 16 && (uint64_t)image.info.width * image.info.height > MAX_PIXELS / 2) {
    return (png_result_t){PNG_TOO_LARGE, "an image of 16 bits has more than 8388608 pixels"};
  }
  image.packed = malloc(len);
  if (!image.packed) abort();
  result = read_chunks(png, len, &image);
  if (result.status == PNG_FINE && image.info.colour == PALETTE && image.palette_count == 0) result = damaged("it has no palette");
  if (result.status == PNG_FINE) {
    size_t row_len = ((size_t)image.info.width * channels(image.info.colour) * image.info.depth + 7) / 8, raw_len = (row_len + 1) * image.info.height;
    uint8_t *raw = malloc(raw_len);
    if (!raw) abort();
    const char *problem = inflate_zlib(image.packed, image.packed_len, raw, raw_len);
    result = problem ? damaged(problem) : read_rows(&image, raw, row_len, row, context);
    free(raw);
  }
  free(image.packed);
  return result;
}

static uint8_t *write_chunk(uint8_t *p, const char *type, size_t len) {
  // The data stands there already, after length and type.
  write32(p, (uint32_t)len);
  memcpy(p + 4, type, 4);
  return write32(p + 8 + len, crc32(p + 4, len + 4));
}

// zlib data of stored blocks (RFC 1951, section 3.2.4): thumbnails are small, and compressing them is for whoever keeps many.
static size_t store(const uint8_t *data, size_t len, uint8_t *out) {
  uint8_t *p = out;
  *p++ = 0x78;
  *p++ = 0x01;
  for (size_t at = 0; at < len;) {
    size_t part = len - at < 65535 ? len - at : 65535;
    uint8_t head[5] = {at + part == len, (uint8_t)part, (uint8_t)(part >> 8), (uint8_t)~part, (uint8_t)(~part >> 8)};
    memcpy(p, head, sizeof head);
    memcpy(p + sizeof head, data + at, part);
    p += sizeof head + part;
    at += part;
  }
  return (size_t)(write32(p, adler32(data, len)) - out);
}

size_t png_write(const uint8_t *rgba, uint32_t width, uint32_t height, uint8_t **png) {
  bool is_opaque = true;
  for (size_t i = 0; i < (size_t)width * height; i++) is_opaque &= rgba[4 * i + 3] == 255;
  size_t step = is_opaque ? 3 : 4, raw_len = ((size_t)width * step + 1) * height;
  uint8_t *raw = malloc(raw_len), *at = raw;
  // Five bytes before each 65535, six around all; header, pixels and end as chunks.
  *png = malloc(raw_len + 5 * (raw_len / 65535 + 1) + 6 + SIGNATURE + 3 * CHUNK_FRAME + 13);
  if (!raw || !*png) abort();
  for (uint32_t y = 0; y < height; y++) {
    *at++ = 0; // no filter
    for (uint32_t x = 0; x < width; x++, rgba += 4, at += step) memcpy(at, rgba, step);
  }
  uint8_t *p = *png;
  memcpy(p, signature, SIGNATURE);
  p += SIGNATURE;
  uint8_t *header = write32(write32(p + 8, width), height);
  const uint8_t rest[5] = {8, is_opaque ? RGB : RGBA, 0, 0, 0};
  memcpy(header, rest, sizeof rest);
  p = write_chunk(p, "IHDR", 13);
  p = write_chunk(p, "IDAT", store(raw, raw_len, p + 8));
  p = write_chunk(p, "IEND", 0);
  free(raw);
  return (size_t)(p - *png);
}
