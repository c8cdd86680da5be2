#ifndef PNG_H
#define PNG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_PIXELS = 16 * 1024 * 1024 };

typedef enum { PNG_FINE, PNG_NONE, PNG_DAMAGED, PNG_UNSUPPORTED, PNG_TOO_LARGE } png_status_t;

// How it went; for all but PNG_FINE and PNG_NONE with the reason.
typedef struct {
  png_status_t status;
  const char *reason;
} png_result_t;

typedef struct {
  uint32_t width, height;
  uint8_t depth, colour; // as the header has them
  bool has_alpha;
} png_info_t;

// Gets the pixels of a row, four bytes each: red, green, blue, opacity.
typedef void png_row_t(void *context, uint32_t y, const uint8_t *rgba);

png_result_t png_inspect(const uint8_t *png, size_t len, png_info_t *info);

// Reads an image row by row.
png_result_t png_read(const uint8_t *png, size_t len, png_row_t *row, void *context);

// Writes pixels of four bytes as an image; without the fourth when all are opaque. Gives the length; the memory is the caller's.
size_t png_write(const uint8_t *rgba, uint32_t width, uint32_t height, uint8_t **png);

#endif
