/* Chases a linked list of 64 Ki nodes in a random order, n rounds; each load depends on the one before. */
#include "kernel.h"

enum { NODES = 1 << 16 };
typedef struct node { struct node *next; uint32_t value, pad[2]; } node;
static node nodes[NODES];
static uint32_t order[NODES];

EXPORT int32_t run(int32_t n) {
  uint32_t seed = 7, sum = 0;
  for (uint32_t i = 0; i < NODES; i++) order[i] = i;
  for (uint32_t i = NODES - 1; i > 0; i--) {
    uint32_t k = (next_random(&seed) >> 8) % (i + 1), t = order[i];
    order[i] = order[k];
    order[k] = t;
  }
  for (uint32_t i = 0; i < NODES; i++)
    nodes[order[i]] = (node){ &nodes[order[(i + 1) % NODES]], next_random(&seed), { 0, 0 } };
  node *at = &nodes[order[0]];
  for (int32_t round = 0; round < n; round++)
    for (uint32_t i = 0; i < NODES; i++, at = at->next) {
      sum = sum * 33 + at->value;
      at->value = at->value ^ (uint32_t)round;
    }
  return (int32_t)sum;
}
