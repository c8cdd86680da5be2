// The functions of bench.wit on the canonical ABI, written by hand.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#define API "demo:bench/api@0.1.0#"
#define EXPORT(name) __attribute__((export_name(name)))

typedef struct { char *ptr; uint32_t len; } text;
typedef struct { int32_t x, y; text label; } point;
static text result;

EXPORT("cabi_realloc") void *cabi_realloc(void *ptr, size_t old_size, size_t align, size_t new_size) {
    (void)old_size;
    if (!new_size) return (void *)align;
    ptr = realloc(ptr, new_size);
    if (!ptr) __builtin_trap();
    return ptr;
}

EXPORT(API "add") uint32_t add(uint32_t a, uint32_t b) { return a + b; }

EXPORT(API "echo") text *echo(char *ptr, uint32_t len) {
    result = (text){ ptr, len };
    return &result;
}
EXPORT("cabi_post_" API "echo") void echo_post(text *value) { free(value->ptr); }

EXPORT(API "bytes") text *bytes(char *ptr, uint32_t len) {
    for (uint32_t i = 0; i < len; i++) ptr[i] ^= 0xff;
    result = (text){ ptr, len };
    return &result;
}
EXPORT("cabi_post_" API "bytes") void bytes_post(text *value) { free(value->ptr); }

EXPORT(API "points") text *points(uint32_t n) {
    point *all = malloc(n * sizeof *all + 1);
    for (uint32_t i = 0; i < n; i++) {
        char *label = malloc(2);
        label[0] = 'p';
        label[1] = (char)('0' + i % 10);
        all[i] = (point){ (int32_t)i, -(int32_t)i, { label, 2 } };
    }
    result = (text){ (char *)all, n };
    return &result;
}
EXPORT("cabi_post_" API "points") void points_post(text *value) {
    point *all = (point *)value->ptr;
    for (uint32_t i = 0; i < value->len; i++) free(all[i].label.ptr);
    free(all);
}
