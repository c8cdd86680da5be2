#include "atoll.h"
#include <stdarg.h>

extern unsigned char __heap_base, __heap_end;
static uintptr_t top, limit;

/* More memory. Whoever makes a component of the tool may have added pages of its own, so what comes need not follow what was there. */
static void more_pages(uint64_t bytes) {
  uint64_t end = (uint64_t)__builtin_wasm_memory_size(0) << 16;
  uint64_t missing = end == limit ? bytes - (limit - top) : bytes;
  /* A little more than asked: a tool that grows a buffer by doubling should not ask the engine each time. */
  uint64_t pages = (missing + 65535) >> 16, generous = pages < 4 ? 4 : pages;
  if (pages > 65535 || __builtin_wasm_memory_grow(0, (uint32_t)generous) == (size_t)-1) {
    if (pages > 65535 || __builtin_wasm_memory_grow(0, (uint32_t)pages) == (size_t)-1)
      fail(TOO_LARGE, "Out of memory in %s: ask for less at once, or raise the tool's memory limit.", tool_name);
    generous = pages;
  }
  if (end != limit) top = (uintptr_t)end;
  limit = (uintptr_t)(end + (generous << 16));
}

void *arena(uint32_t bytes) {
  if (top == 0) {
    top = ((uintptr_t)&__heap_base + 7) & ~(uintptr_t)7;
    limit = (uintptr_t)&__heap_end;
  }
  uint64_t size = (bytes + 7ull) & ~7ull;
  if (size > limit - top) more_pages(size);
  void *at = (void *)top;
  top += (uintptr_t)size;
  return at;
}

void buf_room(buf *b, uint32_t more) {
  if (b->cap - b->n >= more) return;
  uint64_t want = (uint64_t)b->n + more;
  if (want < (uint64_t)b->cap * 2) want = (uint64_t)b->cap * 2;
  if (want < 256) want = 256;
  if (want > 1u << 30) fail(TOO_LARGE, "Out of memory in %s: ask for less at once.", tool_name);
  uint32_t cap = ((uint32_t)want + 7) & ~7u;
  char *end = b->p + b->cap;
  if (b->p && (uintptr_t)end == top && arena(cap - b->cap) == end) {   /* last in the arena: extended in place */
    b->cap = cap;
    return;
  }
  char *p = arena(cap);
  if (b->n) memcpy(p, b->p, b->n);
  b->p = p;
  b->cap = cap;
}

void buf_put(buf *b, const void *p, uint32_t n) {
  if (n == 0) return;
  buf_room(b, n);
  memcpy(b->p + b->n, p, n);
  b->n += n;
}

void buf_int(buf *b, int64_t value) {
  char digits[20];
  int n = 0;
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  do digits[n++] = (char)('0' + rest % 10); while ((rest /= 10) != 0);
  buf_room(b, 21);
  if (value < 0) b->p[b->n++] = '-';
  while (n) b->p[b->n++] = digits[--n];
}

static void buf_vformat(buf *b, const char *f, va_list args) {
  for (; *f; f++) {
    if (*f != '%') { buf_char(b, *f); continue; }
    switch (*++f) {
      case 's': { const char *s = va_arg(args, const char *); buf_put(b, s, (uint32_t)strlen(s)); break; }
      case 'v': { str s = va_arg(args, str); buf_str(b, s); break; }
      case 'd': buf_int(b, va_arg(args, int)); break;
      case 'D': buf_int(b, va_arg(args, int64_t)); break;
      default: buf_char(b, *f); break;
    }
  }
}

void buf_format(buf *b, const char *f, ...) {
  va_list args;
  va_start(args, f);
  buf_vformat(b, f, args);
  va_end(args);
}

str format(const char *f, ...) {
  buf b = { 0 };
  va_list args;
  va_start(args, f);
  buf_vformat(&b, f, args);
  va_end(args);
  return (str){ b.p, b.n };
}

/* ---- the end of a failed call; lives here because it formats ---- */
_Noreturn void finish_error(const char *code, str message);

_Noreturn void fail(const char *code, const char *message, ...) {
  static bool failing;
  if (failing) finish_error(TOO_LARGE, S("Out of memory."));   /* memory ran out while the message was made */
  failing = true;
  buf b = { 0 };
  va_list args;
  va_start(args, message);
  buf_vformat(&b, message, args);
  va_end(args);
  finish_error(code, (str){ b.p, b.n });
}
