#include "thumbnail.h"
#include "png.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_BOX = 512, MAX_BYTES = 32 * 1024 * 1024 };

typedef thumbnail_exports_images_error_t error_t;

// The sums of the pixels that each pixel of the answer stands for.
typedef struct {
  uint64_t colour[3]; // weighted by opacity
  uint64_t alpha;
  uint32_t count;
} sum_t;

typedef struct {
  uint32_t width, height; // of the image
  uint32_t small_width, small_height;
  sum_t *sums; // of one row of the answer
  uint8_t *pixels;
} shrink_t;

static void fail(error_t *error, uint8_t tag, const char *text) {
  error->tag = tag;
  // The cases with a text all have it at the same place.
  thumbnail_string_dup(&error->val.damaged, text);
}

// Whether the image was read; otherwise the error says why not.
static bool is_fine(png_result_t result, error_t *error) {
  switch (result.status) {
    case PNG_FINE: return true;
    case PNG_NONE: error->tag = THUMBNAIL_EXPORTS_IMAGES_ERROR_NOT_PNG; break;
    case PNG_DAMAGED: fail(error, THUMBNAIL_EXPORTS_IMAGES_ERROR_DAMAGED, result.reason); break;
    case PNG_UNSUPPORTED: fail(error, THUMBNAIL_EXPORTS_IMAGES_ERROR_UNSUPPORTED, result.reason); break;
    case PNG_TOO_LARGE: fail(error, THUMBNAIL_EXPORTS_IMAGES_ERROR_TOO_LARGE, result.reason); break;
  }
  return false;
}

// Writes the means of a row and begins the next one.
static void finish_row(shrink_t *shrink, uint32_t row) {
  uint8_t *pixel = shrink->pixels + (size_t)row * shrink->small_width * 4;
  for (uint32_t x = 0; x < shrink->small_width; x++, pixel += 4) {
    sum_t *sum = &shrink->sums[x];
    for (unsigned c = 0; c < 3; c++) pixel[c] = sum->alpha ? (uint8_t)((sum->colour[c] + sum->alpha / 2) / sum->alpha) : 0;
    pixel[3] = (uint8_t)((sum->alpha + sum->count / 2) / sum->count);
  }
  memset(shrink->sums, 0, sizeof(sum_t) * shrink->small_width);
}

static uint32_t scale(uint32_t at, uint32_t to, uint32_t from) { return (uint32_t)((uint64_t)at * to / from); }

static void add_row(void *context, uint32_t y, const uint8_t *rgba) {
  shrink_t *shrink = context;
  for (uint32_t x = 0; x < shrink->width; x++, rgba += 4) {
    sum_t *sum = &shrink->sums[scale(x, shrink->small_width, shrink->width)];
    for (unsigned c = 0; c < 3; c++) sum->colour[c] += (uint32_t)rgba[c] * rgba[3];
    sum->alpha += rgba[3];
    sum->count++;
  }
  uint32_t row = scale(y, shrink->small_height, shrink->height);
  if (y + 1 == shrink->height || scale(y + 1, shrink->small_height, shrink->height) != row) finish_row(shrink, row);
}

// The largest size of the image's proportions within the box, at least one pixel each way.
static void fit(shrink_t *shrink, uint32_t max_width, uint32_t max_height) {
  uint32_t width = shrink->width, height = shrink->height;
  if (width <= max_width && height <= max_height) {
    shrink->small_width = width;
    shrink->small_height = height;
  } else if ((uint64_t)width * max_height > (uint64_t)height * max_width) {
    shrink->small_width = max_width;
    shrink->small_height = scale(max_width, height, width);
  } else {
    shrink->small_width = scale(max_height, width, height);
    shrink->small_height = max_height;
  }
  if (shrink->small_width == 0) shrink->small_width = 1;
  if (shrink->small_height == 0) shrink->small_height = 1;
}

void thumbnail_exports_images_inspect(thumbnail_list_u8_t *png, thumbnail_result_exports_images_info_exports_images_error_t *ret) {
  png_info_t info;
  png_result_t result = png_inspect(png->ptr, png->len, &info);
  ret->is_err = !is_fine(result, &ret->val.err);
  if (!ret->is_err) {
    // Bit 2 of the kind of colour stands for colour.
    ret->val.ok = (thumbnail_exports_images_info_t){info.width, info.height, info.depth, (info.colour & 2) != 0, info.has_alpha};
  }
  thumbnail_list_u8_free(png);
}

static bool make(const thumbnail_list_u8_t *png, uint32_t max_width, uint32_t max_height, thumbnail_list_u8_t *made, error_t *error) {
  if (png->len > MAX_BYTES) {
    fail(error, THUMBNAIL_EXPORTS_IMAGES_ERROR_TOO_LARGE, "the image has more than 33554432 bytes");
    return false;
  }
  if (max_width == 0 || max_height == 0) {
    fail(error, THUMBNAIL_EXPORTS_IMAGES_ERROR_INVALID, max_width == 0 ? "max-width is 0" : "max-height is 0");
    return false;
  }
  if (max_width > MAX_BOX || max_height > MAX_BOX) {
    fail(error, THUMBNAIL_EXPORTS_IMAGES_ERROR_TOO_LARGE, "the box is larger than 512 by 512");
    return false;
  }
  png_info_t info;
  if (!is_fine(png_inspect(png->ptr, png->len, &info), error)) return false;
  shrink_t shrink = {.width = info.width, .height = info.height};
  fit(&shrink, max_width, max_height);
  shrink.sums = calloc(shrink.small_width, sizeof(sum_t));
  shrink.pixels = malloc((size_t)shrink.small_width * shrink.small_height * 4);
  if (!shrink.sums || !shrink.pixels) abort();
  bool is_made = is_fine(png_read(png->ptr, png->len, add_row, &shrink), error);
  if (is_made) made->len = png_write(shrink.pixels, shrink.small_width, shrink.small_height, &made->ptr);
  free(shrink.sums);
  free(shrink.pixels);
  return is_made;
}

void thumbnail_exports_images_thumbnail(thumbnail_list_u8_t *png, uint32_t max_width, uint32_t max_height,
                                        thumbnail_result_list_u8_exports_images_error_t *ret) {
  ret->is_err = !make(png, max_width, max_height, &ret->val.ok, &ret->val.err);
  thumbnail_list_u8_free(png);
}
