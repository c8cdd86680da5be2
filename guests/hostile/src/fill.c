/* Fills the same 32 MiB over and over with memory.fill: single instructions that run long. */
#include <stdint.h>
#include <string.h>
#include <wasi/api.h>

__attribute__((export_name("_start"))) void _start(void) {
  uintptr_t old = __builtin_wasm_memory_grow(0, 512);
  if (old == UINTPTR_MAX) __wasi_proc_exit(1);
  for (volatile unsigned turns = 0;; turns++) memset((void *)(old << 16), (int)turns, 32 << 20);
}
