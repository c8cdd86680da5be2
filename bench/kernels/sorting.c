/* Quicksort of n records (n ≤ 1,000,000) with a compare function that is called through the table, like qsort. */
#include "kernel.h"

enum { MOST = 1000000 };
typedef struct { uint32_t key, value; } record;
typedef int compare(const void *, const void *);
static record records[MOST];

static int up(const void *a, const void *b) {
  uint32_t x = ((const record *)a)->key, y = ((const record *)b)->key;
  return x < y ? -1 : x > y;
}
static int down(const void *a, const void *b) { return up(b, a); }
static compare *volatile orders[2] = { up, down };   /* volatile: the call stays indirect */

static void sort(record *at, int32_t n, compare *order) {
  while (n > 16) {
    record pivot = at[n / 2];
    int32_t i = -1, j = n;
    for (;;) {
      do i++; while (order(&at[i], &pivot) < 0);
      do j--; while (order(&at[j], &pivot) > 0);
      if (i >= j) break;
      record t = at[i]; at[i] = at[j]; at[j] = t;
    }
    sort(at, j + 1, order);
    at += j + 1;
    n -= j + 1;
  }
  for (int32_t i = 1; i < n; i++) {
    record t = at[i];
    int32_t k = i;
    for (; k > 0 && order(&at[k - 1], &t) > 0; k--) at[k] = at[k - 1];
    at[k] = t;
  }
}

EXPORT int32_t run(int32_t n) {
  uint32_t seed = 99, sum = 0;
  for (int32_t i = 0; i < n; i++) records[i] = (record){ next_random(&seed), (uint32_t)i };
  for (int pass = 0; pass < 2; pass++) {
    sort(records, n, orders[pass]);
    for (int32_t i = 0; i < n; i++) sum = sum * 31 + records[i].key;
  }
  return (int32_t)sum;
}
