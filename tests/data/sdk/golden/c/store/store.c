// Bindings of demo:store/store for C, made by atoll bindgen. Changes are lost when it runs again.
#include "store.h"

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

_Static_assert(sizeof(store_files_own_file_t) == 4 && _Alignof(store_files_own_file_t) == 4, "layout of store_files_own_file_t");
_Static_assert(sizeof(store_files_borrow_file_t) == 4 && _Alignof(store_files_borrow_file_t) == 4, "layout of store_files_borrow_file_t");
_Static_assert(sizeof(store_exports_cursors_own_cursor_t) == 4 && _Alignof(store_exports_cursors_own_cursor_t) == 4, "layout of store_exports_cursors_own_cursor_t");
_Static_assert(sizeof(store_exports_cursors_borrow_cursor_t) == 4 && _Alignof(store_exports_cursors_borrow_cursor_t) == 4, "layout of store_exports_cursors_borrow_cursor_t");
_Static_assert(sizeof(store_list_u8_t) == 8 && _Alignof(store_list_u8_t) == 4, "layout of store_list_u8_t");
_Static_assert(sizeof(store_result_list_u8_u32_t) == 12 && _Alignof(store_result_list_u8_u32_t) == 4, "layout of store_result_list_u8_u32_t");
_Static_assert(sizeof(store_option_files_own_file_t) == 8 && _Alignof(store_option_files_own_file_t) == 4, "layout of store_option_files_own_file_t");
_Static_assert(sizeof(store_option_string_t) == 12 && _Alignof(store_option_string_t) == 4, "layout of store_option_string_t");
_Static_assert(sizeof(store_list_exports_cursors_own_cursor_t) == 8 && _Alignof(store_list_exports_cursors_own_cursor_t) == 4, "layout of store_list_exports_cursors_own_cursor_t");

void store_list_u8_free(store_list_u8_t *value) {
    if (value->len > 0) free(value->ptr);
}

void store_result_list_u8_u32_free(store_result_list_u8_u32_t *value) {
    switch ((int)value->is_err) {
        case 0: store_list_u8_free(&value->val.ok); break;
        default: break;
    }
}

void store_option_files_own_file_free(store_option_files_own_file_t *value) {
    if (value->is_some) store_files_file_drop(value->val);
}

void store_option_string_free(store_option_string_t *value) {
    if (value->is_some) store_string_free(&value->val);
}

void store_list_exports_cursors_own_cursor_free(store_list_exports_cursors_own_cursor_t *value) {
    store_exports_cursors_own_cursor_t *ptr = value->ptr;
    size_t len = value->len;
    for (size_t i = 0; i < len; i++) store_exports_cursors_cursor_drop(ptr[i]);
    if (len > 0) free(ptr);
}

__attribute__((unused)) static void store_list_exports_cursors_own_cursor_release(store_list_exports_cursors_own_cursor_t *value) {
    if (value->len > 0) free(value->ptr);
}

__attribute__((__import_module__("demo:store/files"), __import_name__("[resource-drop]file")))
extern void core_drop_store_files_file(int32_t);
void store_files_file_drop(store_files_own_file_t self) { core_drop_store_files_file(self.handle); }
store_files_borrow_file_t store_files_file_borrow(store_files_own_file_t self) { return (store_files_borrow_file_t){ self.handle }; }
void store_files_file_drop_borrow(store_files_borrow_file_t self) { core_drop_store_files_file(self.handle); }

__attribute__((__import_module__("demo:store/files"), __import_name__("[constructor]file")))
extern int32_t core_store_files_file_constructor(int32_t, int32_t);
store_files_own_file_t store_files_file_constructor(const store_string_t *name) {
    return (store_files_own_file_t){ core_store_files_file_constructor((int32_t)(uintptr_t)(*name).ptr, (int32_t)(*name).len) };
}

__attribute__((__import_module__("demo:store/files"), __import_name__("[method]file.read")))
extern void core_store_files_file_read(int32_t, int64_t, int32_t);
void store_files_file_read(store_files_borrow_file_t self, uint64_t count, store_result_list_u8_u32_t *ret) {
    core_store_files_file_read(self.handle, (int64_t)count, (int32_t)(uintptr_t)ret);
}

__attribute__((__import_module__("demo:store/files"), __import_name__("[method]file.drop")))
extern void core_store_files_file_drop_(int32_t);
void store_files_file_drop_(store_files_borrow_file_t self) {
    core_store_files_file_drop_(self.handle);
}

__attribute__((__import_module__("demo:store/files"), __import_name__("[static]file.open")))
extern void core_store_files_file_open(int32_t, int32_t, int32_t);
void store_files_file_open(const store_string_t *name, store_option_files_own_file_t *ret) {
    core_store_files_file_open((int32_t)(uintptr_t)(*name).ptr, (int32_t)(*name).len, (int32_t)(uintptr_t)ret);
}

__attribute__((__import_module__("[export]demo:store/cursors"), __import_name__("[resource-drop]cursor")))
extern void core_drop_store_exports_cursors_cursor(int32_t);
void store_exports_cursors_cursor_drop(store_exports_cursors_own_cursor_t self) { core_drop_store_exports_cursors_cursor(self.handle); }

__attribute__((__import_module__("[export]demo:store/cursors"), __import_name__("[resource-new]cursor")))
extern int32_t core_new_store_exports_cursors_cursor(int32_t);
store_exports_cursors_own_cursor_t store_exports_cursors_cursor_new(store_exports_cursors_cursor_t *self) { return (store_exports_cursors_own_cursor_t){ core_new_store_exports_cursors_cursor((int32_t)(uintptr_t)self) }; }

__attribute__((__import_module__("[export]demo:store/cursors"), __import_name__("[resource-rep]cursor")))
extern int32_t core_rep_store_exports_cursors_cursor(int32_t);
store_exports_cursors_cursor_t *store_exports_cursors_cursor_rep(store_exports_cursors_own_cursor_t self) { return (store_exports_cursors_cursor_t *)(uintptr_t)core_rep_store_exports_cursors_cursor(self.handle); }

__attribute__((__export_name__("demo:store/cursors#[dtor]cursor")))
void core_destructor_store_exports_cursors_cursor(int32_t self) { store_exports_cursors_cursor_destructor((store_exports_cursors_cursor_t *)(uintptr_t)self); }

__attribute__((__export_name__("demo:store/cursors#[constructor]cursor")))
int32_t core_store_exports_cursors_cursor_constructor(int32_t p0) {
    store_exports_cursors_own_cursor_t ret = store_exports_cursors_cursor_constructor((store_files_borrow_file_t){ p0 });
    store_files_file_drop_borrow((store_files_borrow_file_t){ p0 });
    return ret.handle;
}

__attribute__((__export_name__("demo:store/cursors#[method]cursor.next")))
int32_t core_store_exports_cursors_cursor_next(int32_t p0) {
    static store_option_string_t ret;
    store_exports_cursors_cursor_next((store_exports_cursors_borrow_cursor_t)(uintptr_t)p0, &ret);
    return (int32_t)(uintptr_t)&ret;
}

__attribute__((__export_name__("cabi_post_demo:store/cursors#[method]cursor.next")))
void core_post_store_exports_cursors_cursor_next(int32_t p0) { store_option_string_free((store_option_string_t *)(uintptr_t)p0); }

__attribute__((__export_name__("demo:store/cursors#merge")))
int32_t core_store_exports_cursors_merge(int32_t p0, int32_t p1) {
    static store_list_exports_cursors_own_cursor_t ret;
    store_exports_cursors_merge((store_exports_cursors_own_cursor_t){ p0 }, (store_exports_cursors_borrow_cursor_t)(uintptr_t)p1, &ret);
    return (int32_t)(uintptr_t)&ret;
}

__attribute__((__export_name__("cabi_post_demo:store/cursors#merge")))
void core_post_store_exports_cursors_merge(int32_t p0) { store_list_exports_cursors_own_cursor_release((store_list_exports_cursors_own_cursor_t *)(uintptr_t)p0); }

// The world, for `atoll component new`. Linkers that are told to strip everything take it away: use --strip-debug.
__asm__(
    ".section \".custom_section.component-type:demo:store/store\",\"\",@\n"
    ".ascii \"\\000asm\\015\\000\\001\\000\\000\\031\\026wit-component-encoding\\004\\000\\007\\207\\003\\001A\"\n"
    ".ascii \"\\002\\001A\\005\\001B\\016\\004\\000\\004file\\003\\001\\001i\\000\\001\\100\\001\\004names\\000\\001\\004\\000\\021\\133constr\"\n"
    ".ascii \"uctor\\135file\\001\\002\\001h\\000\\001p\\175\\001j\\001\\004\\001y\\001\\100\\002\\004self\\003\\005countw\"\n"
    ".ascii \"\\000\\005\\004\\000\\021\\133method\\135file\\056read\\001\\006\\001\\100\\001\\004self\\003\\001\\000\\004\\000\\021\\133m\"\n"
    ".ascii \"ethod\\135file\\056drop\\001\\007\\001k\\001\\001\\100\\001\\004names\\000\\010\\004\\000\\021\\133stati\"\n"
    ".ascii \"c\\135file\\056open\\001\\011\\003\\000\\020demo:store/files\\005\\000\\002\\003\\000\\000\\004f\"\n"
    ".ascii \"ile\\001B\\016\\002\\003\\002\\001\\001\\004\\000\\004file\\003\\000\\000\\004\\000\\006cursor\\003\\001\\001h\\001\\001i\\002\\001\\100\"\n"
    ".ascii \"\\001\\004file\\003\\000\\004\\004\\000\\023\\133constructor\\135cursor\\001\\005\\001h\\002\\001ks\\001\"\n"
    ".ascii \"\\100\\001\\004self\\006\\000\\007\\004\\000\\023\\133method\\135cursor\\056next\\001\\010\\001p\\004\\001\\100\\002\"\n"
    ".ascii \"\\004left\\004\\005right\\006\\000\\011\\004\\000\\005merge\\001\\012\\004\\000\\022demo:store/c\"\n"
    ".ascii \"ursors\\005\\002\\004\\000\\020demo:store/store\\004\\000\\013\\013\\001\\000\\005store\\003\"\n"
    ".ascii \"\\000\\000\"\n"
    ".text\n"
);
