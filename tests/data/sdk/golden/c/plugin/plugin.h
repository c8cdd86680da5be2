// Bindings of demo:plugin/plugin@0.2.0 for C, made by atoll bindgen. Changes are lost when it runs again.
//
// Who owns what
//   Imported functions: what you pass stays yours, except handles of type ..._own_..., which are gone afterwards. What comes back is yours.
//   Exported functions: parameters are yours. What you write to *ret, or return, becomes the caller's: memory in it must come from malloc,
//   and the bindings free it when the caller has read it. Fill all of *ret; nothing there has a value before.
//   ..._free(&value) frees all memory inside a value and drops the handles in it, but not the value itself. A list or string of length 0
//   owns nothing. ..._own_... handles are freed by ..._drop. A parameter of type ..._borrow_... is lent for the call, and the bindings give it
//   back; inside a list or another value it is for you to do so, with ..._drop_borrow.
//   plugin_string_set only points at a text, for parameters of imports; plugin_string_dup copies one, for results.
// Include this file where you define what is exported: functions of numbers have the name of their export from here.
// Strings are UTF-8 and carry no zero at their end. char is uint32_t: a Unicode scalar value.
#ifndef PLUGIN_H
#define PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef PLUGIN_SMALL_ALLOCATOR
// Defined in one source before this file is included, it makes a component smaller by 12 KB. Blocks are powers of two and are never joined.
#define CORE_LIBRARY(name) __attribute__((__weak__, __no_builtin__(name)))

extern unsigned char __heap_base, __heap_end;
static void *core_free_blocks[32];
static size_t core_heap_end, core_heap_limit;

// A block starts with the logarithm of its size; what is handed out comes 8 bytes later.
CORE_LIBRARY("malloc") void *malloc(size_t size) {
    if (size > (size_t)1 << 30) return NULL;
    unsigned order = size <= 8 ? 4 : 32 - (unsigned)__builtin_clz((uint32_t)size + 7);
    unsigned char *block = core_free_blocks[order];
    if (block) {
        core_free_blocks[order] = *(void **)(block + 8);
        return block + 8;
    }
    size_t room = (size_t)1 << order;
    if (core_heap_limit == 0) {
        core_heap_end = ((size_t)(uintptr_t)&__heap_base + 15) & ~(size_t)15;
        core_heap_limit = (size_t)(uintptr_t)&__heap_end;
    }
    if (core_heap_end > core_heap_limit || room > core_heap_limit - core_heap_end) {
        // Pages that others have grown are theirs: only what is grown here is used.
        size_t pages = (room + 65535) >> 16, first = __builtin_wasm_memory_grow(0, pages);
        if (first == (size_t)-1 || first + pages > 65535) return NULL;
        if (first << 16 != core_heap_limit) core_heap_end = first << 16;
        core_heap_limit = (first + pages) << 16;
    }
    block = (unsigned char *)core_heap_end;
    core_heap_end += room;
    *block = (unsigned char)order;
    return block + 8;
}

CORE_LIBRARY("free") void free(void *ptr) {
    if (!ptr) return;
    unsigned char *block = (unsigned char *)ptr - 8;
    *(void **)ptr = core_free_blocks[*block];
    core_free_blocks[*block] = block;
}

CORE_LIBRARY("realloc") void *realloc(void *ptr, size_t size) {
    if (!ptr) return malloc(size);
    size_t room = ((size_t)1 << ((unsigned char *)ptr)[-8]) - 8;
    if (size <= room) return ptr;
    void *larger = malloc(size);
    if (!larger) return NULL;
    __builtin_memcpy(larger, ptr, room);
    free(ptr);
    return larger;
}

CORE_LIBRARY("calloc") void *calloc(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
    void *ptr = malloc(bytes);
    if (ptr) __builtin_memset(ptr, 0, bytes);
    return ptr;
}
#undef CORE_LIBRARY
#endif

typedef struct { char *ptr; size_t len; } plugin_string_t;

// Written out here, so that the compiler can put them where they are called.

/** Points at a text that ends with zero. */
static inline void plugin_string_set(plugin_string_t *ret, const char *text) {
    ret->ptr = (char *)text;
    ret->len = __builtin_strlen(text);
}

/** Copies bytes. */
static inline void plugin_string_dup_n(plugin_string_t *ret, const char *text, size_t len) {
    char *copy = NULL;
    if (len > 0) {
        copy = (char *)malloc(len);
        if (!copy) __builtin_trap();
        __builtin_memcpy(copy, text, len);
    }
    ret->ptr = copy;
    ret->len = len;
}

/** Copies a text that ends with zero. */
static inline void plugin_string_dup(plugin_string_t *ret, const char *text) { plugin_string_dup_n(ret, text, __builtin_strlen(text)); }

static inline void plugin_string_free(plugin_string_t *value) {
    if (value->len > 0) free(value->ptr);
}

/** Where something is. */
typedef struct {
    uint32_t line;
    plugin_string_t file;
} plugin_types_place_t;

/** How bad it is. */
typedef uint8_t plugin_types_level_t;
#define PLUGIN_TYPES_LEVEL_INFO 0
#define PLUGIN_TYPES_LEVEL_WARNING 1
#define PLUGIN_TYPES_LEVEL_ERROR 2

typedef uint8_t plugin_types_options_t;
#define PLUGIN_TYPES_OPTIONS_FAST ((plugin_types_options_t)1 << 0)
#define PLUGIN_TYPES_OPTIONS_STRICT ((plugin_types_options_t)1 << 1)

typedef struct {
    uint8_t tag;
    union {
        plugin_types_place_t at;
        plugin_string_t text;
        float score;
    } val;
} plugin_types_finding_t;
#define PLUGIN_TYPES_FINDING_NONE 0
#define PLUGIN_TYPES_FINDING_AT 1
#define PLUGIN_TYPES_FINDING_TEXT 2
#define PLUGIN_TYPES_FINDING_SCORE 3

typedef struct { bool is_some; uint32_t val; } plugin_option_u32_t;

typedef struct { plugin_types_finding_t *ptr; size_t len; } plugin_list_types_finding_t;

typedef struct {
    bool is_err;
    union {
        plugin_list_types_finding_t ok;
        plugin_string_t err;
    } val;
} plugin_result_list_types_finding_string_t;

typedef struct { plugin_types_place_t *ptr; size_t len; } plugin_list_types_place_t;

typedef struct {
    uint32_t f0;
    double f1;
} plugin_tuple2_u32_f64_t;

void plugin_types_place_free(plugin_types_place_t *value);
void plugin_types_finding_free(plugin_types_finding_t *value);
void plugin_list_types_finding_free(plugin_list_types_finding_t *value);
void plugin_result_list_types_finding_string_free(plugin_result_list_types_finding_string_t *value);
void plugin_list_types_place_free(plugin_list_types_place_t *value);

// demo:plugin/log@0.2.0. Imported: call these.
/**
 * Writes a line.
 * It ends with * / here.
 */
void plugin_log_write(plugin_types_level_t level, const plugin_string_t *text);

// The world itself. Exported: define these.
/** Looks at a text. */
void plugin_exports_check(plugin_string_t *text, plugin_types_options_t options, plugin_option_u32_t *default_, plugin_result_list_types_finding_string_t *ret);
void plugin_exports_places(plugin_list_types_place_t *all, plugin_tuple2_u32_f64_t *ret);

#ifdef __cplusplus
}
#endif

#endif
