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
