// The functions of bench.wit on generated bindings.
#include "bench.h"
#include <stdlib.h>

uint32_t bench_exports_api_add(uint32_t a, uint32_t b) { return a + b; }

void bench_exports_api_echo(bench_string_t *s, bench_string_t *ret) { *ret = *s; }

void bench_exports_api_bytes(bench_list_u8_t *b, bench_list_u8_t *ret) {
    // Copied first, as one does in C: a byte that is written may be part of *b for all that the compiler knows.
    uint8_t *bytes = b->ptr;
    size_t len = b->len;
    for (size_t i = 0; i < len; i++) bytes[i] ^= 0xff;
    *ret = *b;
}

void bench_exports_api_points(uint32_t n, bench_list_exports_api_point_t *ret) {
    ret->len = n;
    ret->ptr = malloc(n * sizeof *ret->ptr + 1);
    for (uint32_t i = 0; i < n; i++) {
        char text[2] = { 'p', (char)('0' + i % 10) };
        ret->ptr[i].x = (int32_t)i;
        ret->ptr[i].y = -(int32_t)i;
        bench_string_dup_n(&ret->ptr[i].label, text, sizeof text);
    }
}
