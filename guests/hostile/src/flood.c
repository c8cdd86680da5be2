/* Writes to standard output for ever, 64 KiB at a time, whatever the answer is. */
#include <string.h>
#include <wasi/api.h>

__attribute__((export_name("_start"))) void _start(void) {
  static uint8_t block[65536];
  memset(block, 'x', sizeof block);
  block[sizeof block - 1] = '\n';
  __wasi_ciovec_t piece = { block, sizeof block };
  static volatile unsigned refused;
  for (;;) {
    __wasi_size_t done;
    if (__wasi_fd_write(1, &piece, 1, &done) != 0) refused++;
  }
}
