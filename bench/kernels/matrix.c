/* Product of two dense n × n matrices of f64 (n ≤ 512), in the textbook order: one operand is read by columns. */
#include "kernel.h"

enum { MOST = 512 };
static double a[MOST][MOST], b[MOST][MOST], c[MOST][MOST];

EXPORT double run(int32_t n) {
  uint32_t seed = 12345;
  for (int32_t i = 0; i < n; i++)
    for (int32_t j = 0; j < n; j++) {
      a[i][j] = (double)(next_random(&seed) >> 8) / 16777216.0;
      b[i][j] = (double)(next_random(&seed) >> 8) / 16777216.0;
    }
  for (int32_t i = 0; i < n; i++)
    for (int32_t j = 0; j < n; j++) {
      double sum = 0;
      for (int32_t k = 0; k < n; k++) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  double trace = 0;
  for (int32_t i = 0; i < n; i++) trace += c[i][i] + c[i][n - 1 - i] * 0.5;
  return trace;
}
