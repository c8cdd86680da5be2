/* Leaves a mark in memory if it can, and reports what it finds from an earlier run:
 * "clean" in a fresh instance, "dirty" when something of another call is to be seen. */
#include <stdint.h>
#include <wasi/api.h>

static volatile uint32_t mark;

__attribute__((export_name("_start"))) void _start(void) {
  uintptr_t pages = __builtin_wasm_memory_size(0), old = __builtin_wasm_memory_grow(0, 16);
  int dirty = mark != 0 || old == UINTPTR_MAX || old != pages;
  if (old != UINTPTR_MAX)
    for (volatile uint32_t *p = (uint32_t *)(old << 16), *end = p + (1 << 18); p < end; p += 64) {
      if (*p != 0) dirty = 1;
      *p = 0xdecafbad;
    }
  mark = 0xdecafbad;
  __wasi_ciovec_t piece = { (const uint8_t *)(dirty ? "dirty\n" : "clean\n"), 6 };
  __wasi_size_t done;
  if (__wasi_fd_write(1, &piece, 1, &done) != 0) __wasi_proc_exit(1);
}
