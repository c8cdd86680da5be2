/* Writes its arguments and its environment, one per line: "arg TEXT" and "env NAME=VALUE". */
#include <string.h>
#include <wasi/api.h>

static uint8_t store[65536];
static uint8_t *list[1024];

static void line(const char *kind, const uint8_t *text) {
  __wasi_ciovec_t pieces[] = { { (const uint8_t *)kind, 4 }, { text, strlen((const char *)text) }, { (const uint8_t *)"\n", 1 } };
  __wasi_size_t done;
  if (__wasi_fd_write(1, pieces, 3, &done) != 0) __wasi_proc_exit(1);
}

__attribute__((export_name("_start"))) void _start(void) {
  __wasi_size_t count, bytes;
  if (__wasi_args_sizes_get(&count, &bytes) != 0 || count > 1024 || bytes > sizeof store || __wasi_args_get(list, store) != 0)
    __wasi_proc_exit(1);
  for (__wasi_size_t i = 0; i < count; i++) line("arg ", list[i]);
  if (__wasi_environ_sizes_get(&count, &bytes) != 0 || count > 1024 || bytes > sizeof store || __wasi_environ_get(list, store) != 0)
    __wasi_proc_exit(1);
  for (__wasi_size_t i = 0; i < count; i++) line("env ", list[i]);
}
