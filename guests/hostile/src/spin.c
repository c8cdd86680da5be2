/* Runs for ever. */
#include <wasi/api.h>

__attribute__((export_name("_start"))) void _start(void) {
  static volatile unsigned turns;
  for (;;) turns++;
}
