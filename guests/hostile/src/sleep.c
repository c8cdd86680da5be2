/* Sleeps for the milliseconds in its first argument (60000 without one), then writes "awake". */
#include <wasi/api.h>

static char store[65536];
static uint8_t *list[256];

__attribute__((export_name("_start"))) void _start(void) {
  __wasi_size_t count, bytes;
  uint64_t ms = 60000;
  if (__wasi_args_sizes_get(&count, &bytes) == 0 && count > 1 && count <= 256 && bytes <= sizeof store &&
      __wasi_args_get(list, (uint8_t *)store) == 0) {
    ms = 0;
    for (const uint8_t *p = list[1]; *p >= '0' && *p <= '9'; p++) ms = ms * 10 + (*p - '0');
  }
  __wasi_subscription_t wait = { 0 };
  wait.userdata = 42;
  wait.u.tag = __WASI_EVENTTYPE_CLOCK;
  wait.u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
  wait.u.u.clock.timeout = ms * 1000000;
  __wasi_event_t event;
  __wasi_size_t events;
  if (__wasi_poll_oneoff(&wait, &event, 1, &events) != 0 || events != 1 || event.error != 0) __wasi_proc_exit(1);
  __wasi_ciovec_t piece = { (const uint8_t *)"awake\n", 6 };
  if (__wasi_fd_write(1, &piece, 1, &count) != 0) __wasi_proc_exit(1);
}
