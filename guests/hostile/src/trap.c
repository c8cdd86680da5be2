/* Traps two calls deep, so that the guest stack in the message can be checked. */
#include <wasi/api.h>

__attribute__((noinline)) static void inner(void) { __builtin_trap(); }
__attribute__((noinline)) static void outer(void) { inner(); }

__attribute__((export_name("_start"))) void _start(void) { outer(); }
