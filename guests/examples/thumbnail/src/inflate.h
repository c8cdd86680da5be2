#ifndef INFLATE_H
#define INFLATE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Unpacks zlib data (RFC 1950) that must become exactly out_len bytes. Gives NULL, or what is wrong with the data.
const char *inflate_zlib(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len);

// The checksum of zlib (RFC 1950, section 8.2).
uint32_t adler32(const uint8_t *data, size_t len);

#endif
