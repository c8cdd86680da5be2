// Bindings of demo:plugin/plugin@0.2.0 for C, made by atoll bindgen. Changes are lost when it runs again.
#include "plugin.h"

__attribute__((unused)) static inline int32_t core_bits_of_f32(float value) { int32_t bits; __builtin_memcpy(&bits, &value, 4); return bits; }
__attribute__((unused)) static inline int64_t core_bits_of_f64(double value) { int64_t bits; __builtin_memcpy(&bits, &value, 8); return bits; }
__attribute__((unused)) static inline float core_f32_of_bits(int32_t bits) { float value; __builtin_memcpy(&value, &bits, 4); return value; }
__attribute__((unused)) static inline double core_f64_of_bits(int64_t bits) { double value; __builtin_memcpy(&value, &bits, 8); return value; }

// Memory for what the host passes in. Define one of your own to take its place.
__attribute__((__weak__, __export_name__("cabi_realloc")))
void *cabi_realloc(void *ptr, size_t old_size, size_t align, size_t new_size) {
    (void)old_size;
    if (new_size == 0) return (void *)align;
    ptr = realloc(ptr, new_size);
    if (!ptr) __builtin_trap();
    return ptr;
}

_Static_assert(sizeof(plugin_types_place_t) == 12 && _Alignof(plugin_types_place_t) == 4, "layout of plugin_types_place_t");
_Static_assert(sizeof(plugin_types_level_t) == 1 && _Alignof(plugin_types_level_t) == 1, "layout of plugin_types_level_t");
_Static_assert(sizeof(plugin_types_options_t) == 1 && _Alignof(plugin_types_options_t) == 1, "layout of plugin_types_options_t");
_Static_assert(sizeof(plugin_types_finding_t) == 16 && _Alignof(plugin_types_finding_t) == 4, "layout of plugin_types_finding_t");
_Static_assert(sizeof(plugin_option_u32_t) == 8 && _Alignof(plugin_option_u32_t) == 4, "layout of plugin_option_u32_t");
_Static_assert(sizeof(plugin_list_types_finding_t) == 8 && _Alignof(plugin_list_types_finding_t) == 4, "layout of plugin_list_types_finding_t");
_Static_assert(sizeof(plugin_result_list_types_finding_string_t) == 12 && _Alignof(plugin_result_list_types_finding_string_t) == 4, "layout of plugin_result_list_types_finding_string_t");
_Static_assert(sizeof(plugin_list_types_place_t) == 8 && _Alignof(plugin_list_types_place_t) == 4, "layout of plugin_list_types_place_t");
_Static_assert(sizeof(plugin_tuple2_u32_f64_t) == 16 && _Alignof(plugin_tuple2_u32_f64_t) == 8, "layout of plugin_tuple2_u32_f64_t");

void plugin_types_place_free(plugin_types_place_t *value) {
    plugin_string_free(&value->file);
}

void plugin_types_finding_free(plugin_types_finding_t *value) {
    switch (value->tag) {
        case 1: plugin_types_place_free(&value->val.at); break;
        case 2: plugin_string_free(&value->val.text); break;
        default: break;
    }
}

void plugin_list_types_finding_free(plugin_list_types_finding_t *value) {
    plugin_types_finding_t *ptr = value->ptr;
    size_t len = value->len;
    for (size_t i = 0; i < len; i++) plugin_types_finding_free(&ptr[i]);
    if (len > 0) free(ptr);
}

void plugin_result_list_types_finding_string_free(plugin_result_list_types_finding_string_t *value) {
    switch ((int)value->is_err) {
        case 0: plugin_list_types_finding_free(&value->val.ok); break;
        case 1: plugin_string_free(&value->val.err); break;
        default: break;
    }
}

void plugin_list_types_place_free(plugin_list_types_place_t *value) {
    plugin_types_place_t *ptr = value->ptr;
    size_t len = value->len;
    for (size_t i = 0; i < len; i++) plugin_types_place_free(&ptr[i]);
    if (len > 0) free(ptr);
}

__attribute__((__import_module__("demo:plugin/log@0.2.0"), __import_name__("write")))
extern void core_plugin_log_write(int32_t, int32_t, int32_t);
void plugin_log_write(plugin_types_level_t level, const plugin_string_t *text) {
    core_plugin_log_write((int32_t)level, (int32_t)(uintptr_t)(*text).ptr, (int32_t)(*text).len);
}

__attribute__((__export_name__("check")))
int32_t core_plugin_exports_check(int32_t p0, int32_t p1, int32_t p2, int32_t p3, int32_t p4) {
    plugin_string_t a0;
    a0.ptr = (char *)(uintptr_t)p0;
    a0.len = (size_t)p1;
    plugin_option_u32_t a2;
    a2.is_some = p3 != 0;
    switch (p3) {
        case 1: {
            a2.val = (uint32_t)p4;
            break;
        }
        default: break;
    }
    static plugin_result_list_types_finding_string_t ret;
    plugin_exports_check(&a0, (plugin_types_options_t)p2, &a2, &ret);
    return (int32_t)(uintptr_t)&ret;
}

__attribute__((__export_name__("cabi_post_check")))
void core_post_plugin_exports_check(int32_t p0) { plugin_result_list_types_finding_string_free((plugin_result_list_types_finding_string_t *)(uintptr_t)p0); }

__attribute__((__export_name__("places")))
int32_t core_plugin_exports_places(int32_t p0, int32_t p1) {
    plugin_list_types_place_t a0;
    a0.ptr = (plugin_types_place_t *)(uintptr_t)p0;
    a0.len = (size_t)p1;
    static plugin_tuple2_u32_f64_t ret;
    plugin_exports_places(&a0, &ret);
    return (int32_t)(uintptr_t)&ret;
}

// The world, for `atoll component new`. Linkers that are told to strip everything take it away: use --strip-debug.
__asm__(
    ".section \".custom_section.component-type:demo:plugin/plugin@0.2.0\",\"\",@\n"
    ".ascii \"\\000asm\\015\\000\\001\\000\\000\\031\\026wit-component-encoding\\004\\000\\007\\261\\003\\001A\"\n"
    ".ascii \"\\002\\001A\\024\\001B\\010\\001r\\002\\004liney\\004files\\004\\000\\005place\\003\\000\\000\\001m\\003\\004inf\"\n"
    ".ascii \"o\\007warning\\005error\\004\\000\\005level\\003\\000\\002\\001n\\002\\004fast\\006stric\"\n"
    ".ascii \"t\\004\\000\\007options\\003\\000\\004\\001q\\004\\004none\\000\\000\\002at\\001\\001\\000\\004text\\001s\\000\\005s\"\n"
    ".ascii \"core\\001v\\000\\004\\000\\007finding\\003\\000\\006\\003\\000\\027demo:plugin/types\"\n"
    ".ascii \"\\1000\\0562\\0560\\005\\000\\002\\003\\000\\000\\005level\\001B\\004\\002\\003\\002\\001\\001\\004\\000\\005level\\003\\000\\000\\001\\100\\002\"\n"
    ".ascii \"\\005level\\001\\004texts\\001\\000\\004\\000\\005write\\001\\002\\003\\000\\025demo:plugin/\"\n"
    ".ascii \"log\\1000\\0562\\0560\\005\\002\\002\\003\\000\\000\\005place\\003\\000\\005place\\003\\000\\003\\002\\003\\000\\000\\007opt\"\n"
    ".ascii \"ions\\003\\000\\007options\\003\\000\\005\\002\\003\\000\\000\\007finding\\003\\000\\007finding\\003\"\n"
    ".ascii \"\\000\\007\\001ky\\001p\\010\\001j\\001\\012\\001s\\001\\100\\003\\004texts\\007options\\006\\007default\"\n"
    ".ascii \"\\011\\000\\013\\004\\000\\005check\\001\\014\\001p\\004\\001o\\002yu\\001\\100\\001\\003all\\015\\000\\016\\004\\000\\006places\"\n"
    ".ascii \"\\001\\017\\004\\000\\030demo:plugin/plugin\\1000\\0562\\0560\\004\\000\\013\\014\\001\\000\\006plug\"\n"
    ".ascii \"in\\003\\000\\000\\000\\174\\012atoll-docs\\001\\173\\042package\\042:\\042root:comp\"\n"
    ".ascii \"onent\\042\\054\\042worlds\\042:\\173\\042root\\042:\\173\\042func\\137exports\\042:\"\n"
    ".ascii \"\\173\\042check\\042:\\173\\042docs\\042:\\042Looks\\040at\\040a\\040text\\056\\042\\175\\175\\054\\042t\"\n"
    ".ascii \"ypes\\042:\\173\\175\\175\\175\\175\"\n"
    ".text\n"
);
