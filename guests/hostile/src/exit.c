/* Exits with the code in its first argument (3 without one). */
#include <wasi/api.h>

static uint8_t store[65536];
static uint8_t *list[256];

__attribute__((export_name("_start"))) void _start(void) {
  __wasi_size_t count, bytes;
  unsigned code = 3;
  if (__wasi_args_sizes_get(&count, &bytes) == 0 && count > 1 && count <= 256 && bytes <= sizeof store &&
      __wasi_args_get(list, store) == 0) {
    code = 0;
    for (const uint8_t *p = list[1]; *p >= '0' && *p <= '9'; p++) code = code * 10 + (*p - '0');
  }
  __wasi_proc_exit(code);
}
