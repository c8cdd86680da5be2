namespace Atoll.Sdk.Bindgen.C;

/// <summary>What is the same in the bindings of all worlds.</summary>
internal static class CTexts
{
    public static string[] Core { get; } = Split("""
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
        """);

    public static string[] FreestandingDeclarations { get; } = Split("""
        // There is no C library: these are defined with the bindings, weakly, so that others can take their place.
        void *malloc(size_t size);
        void *realloc(void *ptr, size_t size);
        void free(void *ptr);
        void *memcpy(void *to, const void *from, size_t count);
        void *memmove(void *to, const void *from, size_t count);
        void *memset(void *to, int value, size_t count);
        int memcmp(const void *left, const void *right, size_t count);
        size_t strlen(const char *text);
        """);

    /// <summary>An allocator of blocks whose sizes are powers of two, with a list of free ones for each.</summary>
    private const string Allocator = """
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
        """;

    /// <summary>What a C library would bring.</summary>
    public static string[] FreestandingDefinitions { get; } = [.. Split(Allocator), "", .. Split("""
        CORE_LIBRARY("memcpy") void *memcpy(void *to, const void *from, size_t count) {
        #ifdef __wasm_bulk_memory__
            __builtin_memcpy(to, from, count);
        #else
            for (size_t i = 0; i < count; i++) ((unsigned char *)to)[i] = ((const unsigned char *)from)[i];
        #endif
            return to;
        }

        CORE_LIBRARY("memmove") void *memmove(void *to, const void *from, size_t count) {
            unsigned char *a = to;
            const unsigned char *b = from;
            if (a < b) { for (size_t i = 0; i < count; i++) a[i] = b[i]; } else { while (count--) a[count] = b[count]; }
            return to;
        }

        CORE_LIBRARY("memset") void *memset(void *to, int value, size_t count) {
            for (size_t i = 0; i < count; i++) ((unsigned char *)to)[i] = (unsigned char)value;
            return to;
        }

        CORE_LIBRARY("memcmp") int memcmp(const void *left, const void *right, size_t count) {
            const unsigned char *a = left, *b = right;
            for (size_t i = 0; i < count; i++) if (a[i] != b[i]) return a[i] - b[i];
            return 0;
        }

        CORE_LIBRARY("strlen") size_t strlen(const char *text) {
            size_t count = 0;
            while (text[count]) count++;
            return count;
        }
        """)];


    /// <summary>The allocator in place of the C library's, for who asks for it. It is weak: where something needs what it does not have, the library's takes its place, whole.</summary>
    public static string[] SmallAllocator(string prefix) =>
    [
        .. Split($"""
            #ifdef {prefix.ToUpperInvariant()}_SMALL_ALLOCATOR
            // Defined in one source before this file is included, it makes a component smaller by 12 KB. Blocks are powers of two and are never joined.
            """),
        .. Split(Allocator),
        "",
        .. Split("""
            CORE_LIBRARY("calloc") void *calloc(size_t count, size_t size) {
                size_t bytes;
                if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
                void *ptr = malloc(bytes);
                if (ptr) __builtin_memset(ptr, 0, bytes);
                return ptr;
            }
            #undef CORE_LIBRARY
            #endif
            """),
    ];

    public static string[] Header(string world, string prefix) => Split($"""
        // Bindings of {world} for C, made by atoll bindgen. Changes are lost when it runs again.
        //
        // Who owns what
        //   Imported functions: what you pass stays yours, except handles of type ..._own_..., which are gone afterwards. What comes back is yours.
        //   Exported functions: parameters are yours. What you write to *ret, or return, becomes the caller's: memory in it must come from malloc,
        //   and the bindings free it when the caller has read it. Fill all of *ret; nothing there has a value before.
        //   ..._free(&value) frees all memory inside a value and drops the handles in it, but not the value itself. A list or string of length 0
        //   owns nothing. ..._own_... handles are freed by ..._drop. A parameter of type ..._borrow_... is lent for the call, and the bindings give it
        //   back; inside a list or another value it is for you to do so, with ..._drop_borrow.
        //   {prefix}_string_set only points at a text, for parameters of imports; {prefix}_string_dup copies one, for results.
        // Include this file where you define what is exported: functions of numbers have the name of their export from here.
        // Strings are UTF-8 and carry no zero at their end. char is uint32_t: a Unicode scalar value.
        """);

    public static string[] Strings(string prefix) => Split($$"""
        typedef struct { char *ptr; size_t len; } {{prefix}}_string_t;

        // Written out here, so that the compiler can put them where they are called.

        /** Points at a text that ends with zero. */
        static inline void {{prefix}}_string_set({{prefix}}_string_t *ret, const char *text) {
            ret->ptr = (char *)text;
            ret->len = __builtin_strlen(text);
        }

        /** Copies bytes. */
        static inline void {{prefix}}_string_dup_n({{prefix}}_string_t *ret, const char *text, size_t len) {
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
        static inline void {{prefix}}_string_dup({{prefix}}_string_t *ret, const char *text) { {{prefix}}_string_dup_n(ret, text, __builtin_strlen(text)); }

        static inline void {{prefix}}_string_free({{prefix}}_string_t *value) {
            if (value->len > 0) free(value->ptr);
        }
        """);

    private static string[] Split(string text) => text.ReplaceLineEndings("\n").Split('\n');
}
