// Bindings of demo:store/store for C, made by atoll bindgen. Changes are lost when it runs again.
//
// Who owns what
//   Imported functions: what you pass stays yours, except handles of type ..._own_..., which are gone afterwards. What comes back is yours.
//   Exported functions: parameters are yours. What you write to *ret, or return, becomes the caller's: memory in it must come from malloc,
//   and the bindings free it when the caller has read it. Fill all of *ret; nothing there has a value before.
//   ..._free(&value) frees all memory inside a value and drops the handles in it, but not the value itself. A list or string of length 0
//   owns nothing. ..._own_... handles are freed by ..._drop. A parameter of type ..._borrow_... is lent for the call, and the bindings give it
//   back; inside a list or another value it is for you to do so, with ..._drop_borrow.
//   store_string_set only points at a text, for parameters of imports; store_string_dup copies one, for results.
// Include this file where you define what is exported: functions of numbers have the name of their export from here.
// Strings are UTF-8 and carry no zero at their end. char is uint32_t: a Unicode scalar value.
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef STORE_SMALL_ALLOCATOR
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

typedef struct { char *ptr; size_t len; } store_string_t;

// Written out here, so that the compiler can put them where they are called.

/** Points at a text that ends with zero. */
static inline void store_string_set(store_string_t *ret, const char *text) {
    ret->ptr = (char *)text;
    ret->len = __builtin_strlen(text);
}

/** Copies bytes. */
static inline void store_string_dup_n(store_string_t *ret, const char *text, size_t len) {
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
static inline void store_string_dup(store_string_t *ret, const char *text) { store_string_dup_n(ret, text, __builtin_strlen(text)); }

static inline void store_string_free(store_string_t *value) {
    if (value->len > 0) free(value->ptr);
}

typedef struct store_exports_cursors_cursor store_exports_cursors_cursor_t; // Defined by you.

typedef struct { int32_t handle; } store_files_own_file_t;

typedef struct { int32_t handle; } store_files_borrow_file_t;

typedef struct { int32_t handle; } store_exports_cursors_own_cursor_t;

typedef store_exports_cursors_cursor_t *store_exports_cursors_borrow_cursor_t;

typedef struct { uint8_t *ptr; size_t len; } store_list_u8_t;

typedef struct {
    bool is_err;
    union {
        store_list_u8_t ok;
        uint32_t err;
    } val;
} store_result_list_u8_u32_t;

typedef struct { bool is_some; store_files_own_file_t val; } store_option_files_own_file_t;

typedef struct { bool is_some; store_string_t val; } store_option_string_t;

typedef struct { store_exports_cursors_own_cursor_t *ptr; size_t len; } store_list_exports_cursors_own_cursor_t;

void store_list_u8_free(store_list_u8_t *value);
void store_result_list_u8_u32_free(store_result_list_u8_u32_t *value);
void store_option_files_own_file_free(store_option_files_own_file_t *value);
void store_option_string_free(store_option_string_t *value);
void store_list_exports_cursors_own_cursor_free(store_list_exports_cursors_own_cursor_t *value);

// demo:store/files. Imported: call these.
/** Gives the handle back: the resource is gone, or no longer yours. */
void store_files_file_drop(store_files_own_file_t self);
/** Lends the handle, for parameters. */
store_files_borrow_file_t store_files_file_borrow(store_files_own_file_t self);
/** Gives back a handle that was lent inside a list or another value; call it before the exported function returns. */
void store_files_file_drop_borrow(store_files_borrow_file_t self);
store_files_own_file_t store_files_file_constructor(const store_string_t *name);
void store_files_file_read(store_files_borrow_file_t self, uint64_t count, store_result_list_u8_u32_t *ret);
void store_files_file_drop_(store_files_borrow_file_t self);
void store_files_file_open(const store_string_t *name, store_option_files_own_file_t *ret);

// demo:store/cursors. Exported: define these.
/** Gives the handle back: the resource is gone, or no longer yours. */
void store_exports_cursors_cursor_drop(store_exports_cursors_own_cursor_t self);
/** Makes a handle of what you have. It is the caller's when a function returns it. */
store_exports_cursors_own_cursor_t store_exports_cursors_cursor_new(store_exports_cursors_cursor_t *self);
/** What you have behind a handle. */
store_exports_cursors_cursor_t *store_exports_cursors_cursor_rep(store_exports_cursors_own_cursor_t self);
/** Define it: called when the last handle is gone. */
void store_exports_cursors_cursor_destructor(store_exports_cursors_cursor_t *self);
store_exports_cursors_own_cursor_t store_exports_cursors_cursor_constructor(store_files_borrow_file_t file);
void store_exports_cursors_cursor_next(store_exports_cursors_borrow_cursor_t self, store_option_string_t *ret);
void store_exports_cursors_merge(store_exports_cursors_own_cursor_t left, store_exports_cursors_borrow_cursor_t right, store_list_exports_cursors_own_cursor_t *ret);

#ifdef __cplusplus
}
#endif

#endif
