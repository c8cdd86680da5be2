#include "atoll.h"

static inline uint64_t load8(const char *p) { uint64_t v; memcpy(&v, p, 8); return v; }

/* Unicode 15, table 3-7 "Well-Formed UTF-8 Byte Sequences". Returns 0 for ill-formed, -1 where the text ends too early. */
static int sequence(const unsigned char *p, const unsigned char *end) {
  unsigned char c = p[0];
  if (c < 0x80) return 1;
  int need = c >= 0xc2 && c <= 0xdf ? 2 : c >= 0xe0 && c <= 0xef ? 3 : c >= 0xf0 && c <= 0xf4 ? 4 : 0;
  if (need == 0) return 0;
  if (end - p < 2) return -1;
  unsigned char low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
  unsigned char high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
  if (p[1] < low || p[1] > high) return 0;
  for (int i = 2; i < need; i++) {
    if (p + i >= end) return -1;
    if ((p[i] & 0xc0) != 0x80) return 0;
  }
  return need;
}

uint32_t utf8_prefix(const char *text, uint32_t n, bool *cut) {
  const unsigned char *p = (const unsigned char *)text, *end = p + n;
  *cut = false;
  while (p < end) {
    if (*p < 0x80) {
      while (end - p >= 8 && (load8((const char *)p) & 0x8080808080808080ull) == 0) p += 8;
      while (p < end && *p < 0x80) p++;
      continue;
    }
    int size = sequence(p, end);
    if (size <= 0) { *cut = size < 0; break; }
    p += size;
  }
  return (uint32_t)((const char *)p - text);
}

uint32_t utf8_next(const char *text, const char *end, uint32_t *size) {
  const unsigned char *p = (const unsigned char *)text;
  int n = sequence(p, (const unsigned char *)end);
  *size = n <= 0 ? 1 : (uint32_t)n;
  switch (n) {
    case 1: return p[0];
    case 2: return (p[0] & 0x1fu) << 6 | (p[1] & 0x3f);
    case 3: return (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3f);
    case 4: return (p[0] & 7u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3f);
    default: return 0xfffd;
  }
}

uint32_t fold_case(uint32_t c) {
  if (c < 0x80) return c - 'A' < 26 ? c + 32 : c;
  if (c >= 0xc0 && c <= 0xde && c != 0xd7) return c + 32;
  if (c >= 0x391 && c <= 0x3a9 && c != 0x3a2) return c + 32;
  if (c >= 0x410 && c <= 0x42f) return c + 32;
  if (c >= 0x400 && c <= 0x40f) return c + 80;
  return c;
}

static const char digits64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

uint32_t base64_encode(char *to, const char *from, uint32_t n) {
  const unsigned char *p = (const unsigned char *)from;
  char *at = to;
  for (; n >= 3; n -= 3, p += 3) {
    uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
    *at++ = digits64[v >> 18]; *at++ = digits64[v >> 12 & 63];
    *at++ = digits64[v >> 6 & 63]; *at++ = digits64[v & 63];
  }
  if (n) {
    uint32_t v = (uint32_t)p[0] << 16 | (n == 2 ? (uint32_t)p[1] << 8 : 0);
    *at++ = digits64[v >> 18]; *at++ = digits64[v >> 12 & 63];
    *at++ = n == 2 ? digits64[v >> 6 & 63] : '='; *at++ = '=';
  }
  return (uint32_t)(at - to);
}

/* RFC 4648 section 4, strict: padding required, no line breaks, unused bits zero. */
bool base64_decode(buf *to, str from) {
  if (from.n % 4 != 0) return false;
  unsigned char value[256];
  memset(value, 255, sizeof value);
  for (int i = 0; i < 64; i++) value[(unsigned char)digits64[i]] = (unsigned char)i;
  uint32_t pad = from.n == 0 ? 0 : from.p[from.n - 1] != '=' ? 0 : from.p[from.n - 2] != '=' ? 1 : 2;
  buf_room(to, from.n / 4 * 3 + 3);
  const unsigned char *p = (const unsigned char *)from.p;
  for (uint32_t i = 0; i < from.n; i += 4) {
    uint32_t real = i + 4 == from.n ? 4 - pad : 4, v = 0;
    for (uint32_t k = 0; k < 4; k++) {
      unsigned char d = k < real ? value[p[i + k]] : 0;
      if (d == 255) return false;
      v = v << 6 | d;
    }
    if ((real == 3 && (v & 0xff)) || (real == 2 && (v & 0xffff))) return false;
    to->p[to->n++] = (char)(v >> 16);
    if (real > 2) to->p[to->n++] = (char)(v >> 8);
    if (real > 3) to->p[to->n++] = (char)v;
  }
  return true;
}
