// The guest of atoll:newer in C.
#include "newer.h"

void newer_exports_echo_a_map(newer_list_tuple2_string_u32_t *x, newer_list_tuple2_string_u32_t *ret) {
    newer_echo_a_map(x, ret);
    newer_list_tuple2_string_u32_free(x);
}

void newer_exports_echo_three(newer_list3_u16_t *x, newer_list3_u16_t *ret) { newer_echo_three(x, ret); }

void newer_exports_echo_texts(newer_list2_string_t *x, newer_list2_string_t *ret) {
    newer_echo_texts(x, ret);
    newer_list2_string_free(x);
}

void newer_exports_echo_forty(newer_list40_u8_t *x, newer_list40_u8_t *ret) { newer_echo_forty(x, ret); }

void newer_exports_echo_maybe(newer_option_list2_f32_t *x, newer_option_list2_f32_t *ret) { newer_echo_maybe(x, ret); }
