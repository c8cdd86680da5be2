/* Kernels import nothing and take their memory from statics; run(n) is deterministic and returns a checksum. */
#ifndef KERNEL_H
#define KERNEL_H
#include <stdint.h>
#include <stddef.h>
#define EXPORT __attribute__((export_name("run")))

/* Numerical Recipes' quick generator: the same numbers on every engine. */
static inline uint32_t next_random(uint32_t *state) { return *state = *state * 1664525u + 1013904223u; }
#endif
