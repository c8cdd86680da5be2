/* Breaks the contract of a tool in the way its first environment variable says (BREAK=...): nothing on standard output,
 * no JSON, two values, no object, a huge answer, an unknown error code, an answer and then exit 7. */
#include <string.h>
#include <wasi/api.h>

static uint8_t store[65536];
static uint8_t *list[1024];
static uint8_t block[65536];

static void say(const void *p, __wasi_size_t n) {
  __wasi_ciovec_t piece = { p, n };
  __wasi_size_t done;
  if (__wasi_fd_write(1, &piece, 1, &done) != 0) __wasi_proc_exit(1);
}

static int is(const char *name) { return list[0] && strcmp((const char *)list[0], name) == 0; }

__attribute__((export_name("_start"))) void _start(void) {
  static const char fine[] = "{\"ok\":true,\"data\":{},\"context_used\":{}}";
  static const char code[] = "{\"ok\":false,\"error\":{\"code\":\"no_such_code\",\"message\":\"x\"},\"context_used\":{}}";
  __wasi_size_t count, bytes;
  if (__wasi_environ_sizes_get(&count, &bytes) != 0 || count > 1024 || bytes > sizeof store || __wasi_environ_get(list, store) != 0)
    __wasi_proc_exit(1);
  if (is("BREAK=silent")) return;
  if (is("BREAK=text")) { say("hello\n", 6); return; }
  if (is("BREAK=two")) { say(fine, sizeof fine - 1); say(fine, sizeof fine - 1); return; }
  if (is("BREAK=array")) { say("[1]", 3); return; }
  if (is("BREAK=code")) { say(code, sizeof code - 1); return; }
  if (is("BREAK=exit")) { say(fine, sizeof fine - 1); __wasi_proc_exit(7); }
  if (is("BREAK=huge")) {
    memset(block, 'x', sizeof block);
    say("{\"ok\":true,\"data\":{\"a\":\"", 23);
    for (int i = 0; i < 1024; i++) say(block, sizeof block);
    say("\"}}", 3);
    return;
  }
  say(fine, sizeof fine - 1);
}
