using Atoll.Components;
using Atoll.Sdk.Tests.Guests;
using Atoll.Wasm;
using Atoll.Wit;

namespace Atoll.Sdk.Tests;

/// <summary>Generated C, as compilers see it.</summary>
public sealed class CBindingsTests
{
    /// <summary>Names that are the same, or mean something in C.</summary>
    private const string Clashes = """
        package a:b@1.0.0;
        interface int {
          record struct { void: u8, ret: list<string>, args: option<struct2> }
          record struct2 { switch: f32 }
          enum null { null, eof }
          flags %string { free, t }
          variant a { b(u8), b-c(string), default }
          record a-b { c: u8 }
          resource dropper { constructor(new: u32); new: func() -> u32; drop: func(self-too: borrow<dropper>); rep: static func() -> dropper; }
          free: func(malloc: struct, p0: a, t: string, ret: null) -> a-b;
          a-free: func(x: a) -> result<_, list<list<a>>>;
        }
        world int-world {
          import int;
          export int;
          import a: interface { main: func(); }
          export a: interface { main: func(); }
          import main: func(argc: s32) -> string;
          export exports: func() -> string;
        }
        """;

    [Theory]
    [InlineData("plugin", false)]
    [InlineData("plugin", true)]
    [InlineData("store", false)]
    [InlineData("store", true)]
    public void Compiles_without_warnings(string world, bool isFreestanding) => Compile(CGuest.Generate(Files.Data($"golden/{world}.wit"), isFreestanding));

    [Theory]
    [InlineData("x")]
    [InlineData("int")]
    [InlineData("uint8")]
    [InlineData("a-very-long-prefix-that-leaves-little-room-for-anything-else-in-the-names-of-types")]
    public void Names_do_not_clash(string prefix)
    {
        WitModel model = WitModel.Parse(Clashes);
        Compile(GuestBindings.Generate(GuestLanguage.C, model, model.SelectWorld(), new GuestBindingsOptions { Prefix = prefix }));
    }

    [Fact]
    public void The_world_is_in_the_module()
    {
        using TemporaryFolder folder = new();
        folder.Write(CGuest.Generate(Files.Data("golden/plugin.wit"), isFreestanding: true));
        File.WriteAllText(Path.Combine(folder.Path, "guest.c"), """
            #include "plugin.h"
            void plugin_exports_check(plugin_string_t *text, plugin_types_options_t options, plugin_option_u32_t *default_, plugin_result_list_types_finding_string_t *ret) {
                (void)options, (void)default_;
                ret->is_err = true;
                ret->val.err = *text;
            }
            void plugin_exports_places(plugin_list_types_place_t *all, plugin_tuple2_u32_f64_t *ret) {
                *ret = (plugin_tuple2_u32_f64_t){ (uint32_t)all->len, 0.5 };
                plugin_list_types_place_free(all);
            }
            """);
        byte[] component = ComponentWriter.FromModule(CGuest.Compile(folder.Path, ["plugin.c", "guest.c"], isFreestanding: true));
        Component loaded = Component.Load(new Wasm.WasmEngine(), component);
        Assert.Contains(loaded.Type.Exports, item => item.Name == "check");
        Assert.InRange(component.Length, 1, 20_000);
    }

    [Fact]
    public void Functions_of_numbers_are_exported_themselves()
    {
        WitModel model = WitModel.Parse("""
            package a:b;
            interface i { resource r { get: func() -> s8; } }
            world w {
              import i;
              use i.{r};
              export plain: func(a: s8, b: bool, c: char, d: u64) -> f32;
              export text: func(a: string);
              export lent: func(a: borrow<r>) -> u8;
            }
            """);
        IReadOnlyList<GeneratedFile> files = GuestBindings.Generate(GuestLanguage.C, model, model.SelectWorld());
        Assert.Contains("__attribute__((__export_name__(\"plain\")))\nfloat w_exports_plain(int8_t a, bool b, uint32_t c, uint64_t d);", files[0].Text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"plain\"", files[1].Text, StringComparison.Ordinal);
        Assert.All(new[] { "text", "lent" }, name => Assert.Contains($"__export_name__(\"{name}\")", files[1].Text, StringComparison.Ordinal));
        using TemporaryFolder folder = new();
        string wit = Path.Combine(folder.Path, "w.wit"), source = Path.Combine(folder.Path, "guest.c");
        File.WriteAllText(wit, "package a:b; world w { export plain: func(a: s8, b: bool, c: char, d: u64) -> f32; }");
        File.WriteAllText(source, """
            #include "w.h"
            float w_exports_plain(int8_t a, bool b, uint32_t c, uint64_t d) { return a + (b ? 0.5f : 0) + c + (float)d; }
            """);
        WasmEngine engine = new();
        using Store store = new(engine);
        ComponentInstance instance = new ComponentLinker().Instantiate(store, Component.Load(engine, CGuest.Build(wit, source, isFreestanding: true)));
        Assert.Equal(-128 + 0.5f + 65 + 7, instance.GetFunction("plain")!.ToDelegate<Func<sbyte, bool, System.Text.Rune, ulong, float>>()(-128, true, new System.Text.Rune('A'), 7));
    }

    [Fact]
    public void The_same_world_gives_the_same_text() =>
        Assert.Equal(CGuest.Generate(Files.Data("coverage/coverage.wit")), CGuest.Generate(Files.Data("coverage/coverage.wit")));

    private static void Compile(IReadOnlyList<GeneratedFile> files)
    {
        using TemporaryFolder folder = new();
        folder.Write(files);
        bool isFreestanding = !files.Any(file => file.Text.Contains("#include <stdlib.h>", StringComparison.Ordinal));
        CGuest.Compile(folder.Path, [files.Single(file => file.Path.EndsWith(".c", StringComparison.Ordinal)).Path], isFreestanding, "-c", "-Wno-unused-command-line-argument");
    }

    [Theory]
    [InlineData("#define HEAP_SMALL_ALLOCATOR\n", "malloc(100000)", 8_000)]
    [InlineData("", "malloc(100000)", 20_000)]
    [InlineData("#define HEAP_SMALL_ALLOCATOR\n", "aligned_alloc(64, 128000)", 20_000)]
    public void The_small_allocator_takes_the_place_of_the_librarys(string define, string allocate, int maxBytes)
    {
        using TemporaryFolder folder = new();
        string wit = Path.Combine(folder.Path, "heap.wit"), source = Path.Combine(folder.Path, "heap.c");
        File.WriteAllText(wit, "package test:heap; world heap { export check: func(text: string) -> string; }");
        File.WriteAllText(source, define + $$"""
            #include "heap.h"
            void heap_exports_check(heap_string_t *text, heap_string_t *ret) {
                for (int i = 0; i < 1000; i++) {
                    unsigned char *zeros = calloc(1000, 3), *large = {{allocate}};
                    if (!zeros || !large) __builtin_trap();
                    for (int at = 0; at < 3000; at++) if (zeros[at]) __builtin_trap();
                    __builtin_memset(zeros, 7, 3000);
                    __builtin_memset(large, 7, 100000);
                    zeros = realloc(zeros, 9000);
                    if (zeros[2999] != 7) __builtin_trap();
                    free(zeros);
                    free(large);
                }
                void *volatile none = calloc((size_t)1 << 31, 4);
                if (none) __builtin_trap();
                *ret = *text;
            }
            """);
        byte[] component = CGuest.Build(wit, source, isFreestanding: false);
        Assert.InRange(component.Length, 1, maxBytes);
        WasmEngine engine = new();
        using Store store = new(engine, new StoreOptions { MaxMemoryBytes = 4 << 20 });
        ComponentInstance instance = new ComponentLinker().Instantiate(store, Component.Load(engine, component));
        Assert.Equal(ComponentValue.String("héllo"), instance.GetFunction("check")!.Invoke(ComponentValue.String("héllo")));
    }

    [Fact]
    public void The_allocator_without_a_library_leaves_pages_alone_that_others_grew()
    {
        using TemporaryFolder folder = new();
        string wit = Path.Combine(folder.Path, "heap.wit"), source = Path.Combine(folder.Path, "heap.c");
        File.WriteAllText(wit, "package test:heap; world heap { export check: func() -> u32; }");
        File.WriteAllText(source, """
            #include "heap.h"
            uint32_t heap_exports_check(void) {
                if (!malloc(16)) return 1;
                volatile unsigned char *theirs = (unsigned char *)(__builtin_wasm_memory_grow(0, 1) << 16);
                for (int i = 0; i < 65536; i++) theirs[i] = 7;
                for (int i = 0; i < 40; i++) {
                    void *ours = malloc(30000);
                    if (!ours) return 1;
                    memset(ours, 1, 30000);
                }
                for (int i = 0; i < 65536; i++) if (theirs[i] != 7) return 2;
                return 0;
            }
            """);
        WasmEngine engine = new();
        using Store store = new(engine);
        ComponentInstance instance = new ComponentLinker().Instantiate(store, Component.Load(engine, CGuest.Build(wit, source, isFreestanding: true)));
        Assert.Equal(ComponentValue.U32(0), instance.GetFunction("check")!.Invoke());
    }
}
