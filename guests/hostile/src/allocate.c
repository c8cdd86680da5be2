/* Grows memory one MiB at a time and fills it until the engine says no; then exits with 0 and says how much it got. */
#include <stdint.h>
#include <string.h>
#include <wasi/api.h>

__attribute__((export_name("_start"))) void _start(void) {
  static char text[] = "0000 MiB\n";
  unsigned count = 0;
  for (;; count++) {
    uintptr_t old = __builtin_wasm_memory_grow(0, 16);
    if (old == UINTPTR_MAX) break;
    memset((void *)(old << 16), 0xa5, 1 << 20);
  }
  for (int i = 3; i >= 0; i--, count /= 10) text[i] = (char)('0' + count % 10);
  __wasi_ciovec_t piece = { (const uint8_t *)text, sizeof text - 1 };
  __wasi_size_t done;
  if (__wasi_fd_write(1, &piece, 1, &done) != 0) __wasi_proc_exit(1);
}
