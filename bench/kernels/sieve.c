/* Sieve of Eratosthenes over bytes, n passes: strided stores and a linear read. */
#include "kernel.h"

enum { SIZE = 1 << 20 };
static uint8_t composite[SIZE];

EXPORT int32_t run(int32_t n) {
  int32_t sum = 0;
  for (int32_t pass = 0; pass < n; pass++) {
    for (int32_t i = 0; i < SIZE; i++) composite[i] = 0;
    for (int32_t i = 2; i * i < SIZE; i++)
      if (!composite[i])
        for (int32_t k = i * i; k < SIZE; k += i) composite[k] = 1;
    int32_t count = 0;
    for (int32_t i = 2; i < SIZE; i++) count += !composite[i];
    sum = sum * 31 + count + pass;
  }
  return sum;
}
