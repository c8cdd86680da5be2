/* An interpreter for a small stack machine: one switch in a loop, with branches that no predictor likes. The program it
 * runs adds up the lengths of the Collatz sequences of 1..n. */
#include "kernel.h"

enum { HALT, PUSH, LOAD, STORE, ADD, MUL, AND, SHR, JUMP, JUMP_ZERO, LESS, EQUAL };
enum { START, LIMIT, X, STEPS, VARIABLES };

static const int32_t program[] = {
  /*  0 */ PUSH, 1, STORE, START,
  /*  4 */ LOAD, LIMIT, LOAD, START, LESS, JUMP_ZERO, 12, HALT,                                  /* until limit < start */
  /* 12 */ LOAD, START, STORE, X,
  /* 16 */ LOAD, X, PUSH, 1, EQUAL, JUMP_ZERO, 32, LOAD, START, PUSH, 1, ADD, STORE, START, JUMP, 4,
  /* 32 */ LOAD, STEPS, PUSH, 1, ADD, STORE, STEPS, LOAD, X, PUSH, 1, AND, JUMP_ZERO, 58,
  /* 46 */ LOAD, X, PUSH, 3, MUL, PUSH, 1, ADD, STORE, X, JUMP, 16,                              /* odd: x = 3x + 1 */
  /* 58 */ LOAD, X, PUSH, 1, SHR, STORE, X, JUMP, 16,                                            /* even: x = x / 2 */
};

static int32_t variables[VARIABLES], stack[64];

static int32_t interpret(const int32_t *code) {
  const int32_t *pc = code;
  int32_t *top = stack, executed = 0;
  for (;; executed++) {
    switch (*pc++) {
      case HALT: return executed;
      case PUSH: *top++ = *pc++; break;
      case LOAD: *top++ = variables[*pc++]; break;
      case STORE: variables[*pc++] = *--top; break;
      case ADD: top--; top[-1] = (int32_t)((uint32_t)top[-1] + (uint32_t)top[0]); break;
      case MUL: top--; top[-1] = (int32_t)((uint32_t)top[-1] * (uint32_t)top[0]); break;
      case AND: top--; top[-1] &= top[0]; break;
      case SHR: top--; top[-1] = (int32_t)((uint32_t)top[-1] >> top[0]); break;
      case JUMP: pc = code + *pc; break;
      case JUMP_ZERO: pc = *--top ? pc + 1 : code + *pc; break;
      case LESS: top--; top[-1] = (uint32_t)top[-1] < (uint32_t)top[0]; break;
      case EQUAL: top--; top[-1] = top[-1] == top[0]; break;
      default: __builtin_trap();
    }
  }
}

EXPORT int32_t run(int32_t n) {
  for (int i = 0; i < VARIABLES; i++) variables[i] = 0;
  variables[LIMIT] = n;
  int32_t executed = interpret(program);
  return (int32_t)((uint32_t)variables[STEPS] * 31 + (uint32_t)executed);
}
