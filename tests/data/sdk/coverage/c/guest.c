// The guest of atoll:coverage in C.
#include "coverage.h"
#if __STDC_HOSTED__
#include <stdlib.h>
#include <string.h>
#endif

// A value of one number, and one of many parts: those are the guest's own, and are freed when the host has seen them.
#define SCALAR(name, type) \
    type coverage_exports_echo_##name(type x) { return coverage_echo_##name(x); }
#define PLAIN(name, type) \
    void coverage_exports_echo_##name(type *x, type *ret) { coverage_echo_##name(x, ret); }
#define PARTS(name, type) \
    void coverage_exports_echo_##name(coverage_##type##_t *x, coverage_##type##_t *ret) { coverage_echo_##name(x, ret); coverage_##type##_free(x); }

void coverage_exports_echo_nothing(void) { coverage_echo_nothing(); }

SCALAR(a_bool, bool)
SCALAR(a_s8, int8_t)
SCALAR(a_u8, uint8_t)
SCALAR(a_s16, int16_t)
SCALAR(a_u16, uint16_t)
SCALAR(a_s32, int32_t)
SCALAR(a_u32, uint32_t)
SCALAR(a_s64, int64_t)
SCALAR(a_u64, uint64_t)
SCALAR(an_f32, float)
SCALAR(an_f64, double)
SCALAR(a_char, uint32_t)
SCALAR(a_color, coverage_types_color_t)
SCALAR(an_access, coverage_types_access_t)
SCALAR(a_bits9, coverage_types_bits9_t)
SCALAR(a_bits17, coverage_types_bits17_t)
SCALAR(a_bits32, coverage_types_bits32_t)

PARTS(a_string, string)
PARTS(bytes, list_u8)
PARTS(bools, list_bool)
PARTS(shorts, list_s16)
PARTS(longs, list_u64)
PARTS(doubles, list_f64)
PARTS(chars, list_char)
PARTS(strings, list_string)
PARTS(string_lists, list_list_string)
PARTS(points, list_types_point)
PARTS(people, list_types_person)
PARTS(shapes, list_types_shape)
PARTS(a_person, types_person)
PARTS(a_wide, types_wide)
PARTS(a_shape, types_shape)
PARTS(maybe_string, option_string)
PARTS(maybe_list, option_list_option_string)
PARTS(both, result_string_u64)
PARTS(only_error, result_void_string)
PARTS(nested, result_option_types_shape_result_u8_list_string)
PARTS(pair, tuple2_string_f32)
PARTS(deep, tuple2_list_tuple2_u8_string_option_tuple2_s64_types_color)

PLAIN(a_point, coverage_types_point_t)
PLAIN(maybe, coverage_option_u8_t)
PLAIN(maybe_maybe, coverage_option_option_u32_t)
PLAIN(only_ok, coverage_result_u32_void_t)
PLAIN(neither, coverage_result_void_void_t)
PLAIN(one, coverage_tuple1_u16_t)

void coverage_exports_echo_words(int32_t int_, coverage_string_t *type, bool return_, coverage_tuple3_s32_string_bool_t *ret) {
    coverage_echo_words(int_, type, return_, ret);
    coverage_string_free(type);
}

void coverage_exports_echo_sixteen(
    uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f, uint64_t g, uint64_t h, float i, double j, uint8_t k, int8_t l, coverage_string_t *m,
    coverage_string_t *n, coverage_echo_of_sixteen_t *ret) {
    coverage_echo_sixteen(a, b, c, d, e, f, g, h, i, j, k, l, m, n, ret);
    coverage_string_free(m);
    coverage_string_free(n);
}

void coverage_exports_echo_seventeen(
    uint8_t a, uint64_t b, uint8_t c, uint64_t d, uint8_t e, uint64_t f, uint8_t g, uint64_t h, float i, double j, uint8_t k, int8_t l, coverage_string_t *m,
    coverage_string_t *n, bool o, coverage_echo_of_seventeen_t *ret) {
    coverage_echo_seventeen(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, ret);
    coverage_string_free(m);
    coverage_string_free(n);
}

void coverage_exports_plain_too(coverage_string_t *x, coverage_string_t *ret) {
    coverage_plain(x, ret);
    coverage_string_free(x);
}

struct coverage_exports_made_note {
    coverage_string_t text;
};

static uint32_t alive;

static void *allocate(size_t size) {
    void *ptr = size > 0 ? malloc(size) : NULL;
    if (size > 0 && !ptr) __builtin_trap();
    return ptr;
}

static coverage_exports_made_own_note_t make(coverage_string_t text) {
    coverage_exports_made_note_t *note = allocate(sizeof *note);
    note->text = text;
    alive++;
    return coverage_exports_made_note_new(note);
}

// Both texts, one behind the other, in memory of their own.
static coverage_string_t joined(coverage_string_t left, coverage_string_t right) {
    coverage_string_t all = { allocate(left.len + right.len), left.len + right.len };
    memcpy(all.ptr, left.ptr, left.len);
    memcpy(all.ptr + left.len, right.ptr, right.len);
    return all;
}

void coverage_exports_made_note_destructor(coverage_exports_made_note_t *self) {
    coverage_string_free(&self->text);
    free(self);
    alive--;
}

coverage_exports_made_own_note_t coverage_exports_made_note_constructor(coverage_string_t *text) { return make(*text); }

void coverage_exports_made_note_text(coverage_exports_made_borrow_note_t self, coverage_string_t *ret) {
    coverage_string_dup_n(ret, self->text.ptr, self->text.len);
}

void coverage_exports_made_note_append(coverage_exports_made_borrow_note_t self, coverage_string_t *text) {
    coverage_string_t all = joined(self->text, *text);
    coverage_string_free(&self->text);
    coverage_string_free(text);
    self->text = all;
}

coverage_exports_made_own_note_t coverage_exports_made_note_merge(coverage_exports_made_borrow_note_t left, coverage_exports_made_own_note_t right) {
    coverage_string_t all = joined(left->text, coverage_exports_made_note_rep(right)->text);
    coverage_exports_made_note_drop(right);
    return make(all);
}

void coverage_exports_made_notes(coverage_list_string_t *texts, coverage_list_exports_made_own_note_t *ret) {
    ret->len = texts->len;
    ret->ptr = allocate(texts->len * sizeof *ret->ptr);
    for (size_t i = 0; i < texts->len; i++) {
        ret->ptr[i] = make(texts->ptr[i]);
    }
    // The texts themselves live on in the notes.
    if (texts->len > 0) free(texts->ptr);
}

void coverage_exports_made_join(coverage_list_exports_made_borrow_note_t *notes, coverage_string_t *ret) {
    coverage_string_t all = { 0 };
    for (size_t i = 0; i < notes->len; i++) {
        coverage_string_t next = joined(all, notes->ptr[i]->text);
        coverage_string_free(&all);
        all = next;
    }
    coverage_list_exports_made_borrow_note_free(notes);
    *ret = all;
}

void coverage_exports_made_take(coverage_exports_made_own_note_t note, coverage_result_string_void_t *ret) {
    coverage_exports_made_note_t *held = coverage_exports_made_note_rep(note);
    ret->is_err = held->text.len == 0;
    if (!ret->is_err) {
        coverage_string_dup_n(&ret->val.ok, held->text.ptr, held->text.len);
    }
    coverage_exports_made_note_drop(note);
}

uint32_t coverage_exports_made_alive(void) { return alive; }

void coverage_exports_made_count(uint32_t start, coverage_list_u32_t *steps, coverage_list_u32_t *ret) {
    coverage_hosted_own_counter_t counter = coverage_hosted_counter_constructor(start);
    ret->len = steps->len + 1;
    ret->ptr = allocate(ret->len * sizeof *ret->ptr);
    for (size_t i = 0; i < steps->len; i++) {
        ret->ptr[i] = coverage_hosted_counter_add(coverage_hosted_counter_borrow(counter), steps->ptr[i]);
    }
    coverage_list_u32_free(steps);
    coverage_hosted_own_counter_t merged = coverage_hosted_counter_merge(coverage_hosted_counter_borrow(counter), coverage_hosted_counter_constructor(100));
    ret->ptr[ret->len - 1] = coverage_hosted_counter_add(coverage_hosted_counter_borrow(merged), 1);
    coverage_hosted_counter_drop(merged);
    coverage_hosted_counter_drop(counter);
}

coverage_hosted_own_counter_t coverage_exports_made_relay(coverage_hosted_own_counter_t c) { return coverage_hosted_pass(c); }

uint32_t coverage_exports_made_add(coverage_hosted_borrow_counter_t c, uint32_t by) { return coverage_hosted_counter_add(c, by); }

void coverage_exports_made_first_of(coverage_list_u32_t *starts, coverage_option_u32_t *ret) {
    coverage_list_hosted_own_counter_t all = { allocate(starts->len * sizeof *all.ptr), starts->len };
    for (size_t i = 0; i < starts->len; i++) {
        all.ptr[i] = coverage_hosted_counter_constructor(starts->ptr[i]);
    }
    coverage_option_hosted_own_counter_t first;
    coverage_hosted_first(&all, &first);
    // The handles are gone; the memory that they were in is not.
    if (all.len > 0) free(all.ptr);
    coverage_list_u32_free(starts);
    ret->is_some = first.is_some;
    if (first.is_some) {
        ret->val = coverage_hosted_counter_add(coverage_hosted_counter_borrow(first.val), 0);
        coverage_option_hosted_own_counter_free(&first);
    }
}
