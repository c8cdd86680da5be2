/* Recurses without end: stop is never set, but the compiler cannot know. The result is used, so no loop comes of it. */
#include <wasi/api.h>

static volatile unsigned stop, seed;

__attribute__((noinline)) static unsigned down(unsigned n) { return stop ? n : down(n + seed + 1) * 31 + n; }

__attribute__((export_name("_start"))) void _start(void) { seed = down(seed); }
