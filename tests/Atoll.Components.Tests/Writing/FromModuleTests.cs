using System.Text;
using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Components.Validation;
using Atoll.Wasm.Text;
using Atoll.Wit;

namespace Atoll.Components.Tests.Writing;

/// <summary>Core modules with their worlds to components that run.</summary>
public sealed class FromModuleTests
{
    public static TheoryData<string, ComponentValue> Values() => new()
    {
        { "bool", ComponentValue.Bool(true) },
        { "s8", ComponentValue.S8(-3) },
        { "u8", ComponentValue.U8(250) },
        { "s16", ComponentValue.S16(-300) },
        { "u16", ComponentValue.U16(65000) },
        { "s32", ComponentValue.S32(int.MinValue) },
        { "u32", ComponentValue.U32(uint.MaxValue) },
        { "s64", ComponentValue.S64(long.MinValue) },
        { "u64", ComponentValue.U64(ulong.MaxValue) },
        { "f32", ComponentValue.F32(1.5f) },
        { "f64", ComponentValue.F64(-2.25) },
        { "char", ComponentValue.Char(new Rune('ß')) },
        { "string", ComponentValue.String("héllo") },
        { "list<u8>", ComponentValue.List([1, 2, 3]) },
        { "list<string>", ComponentValue.List(ComponentValue.String("a"), ComponentValue.String("")) },
        { "list<u16, 3>", ComponentValue.List(ComponentValue.U16(1), ComponentValue.U16(2), ComponentValue.U16(3)) },
        { "map<string, u32>", ComponentValue.Map((ComponentValue.String("k"), ComponentValue.U32(7))) },
        { "tuple<u8, string, f64>", ComponentValue.Tuple(ComponentValue.U8(1), ComponentValue.String("x"), ComponentValue.F64(2)) },
        { "option<string>", ComponentValue.Some(ComponentValue.String("there")) },
        { "option<u64>", ComponentValue.None },
        { "result<u32, string>", ComponentValue.Error(ComponentValue.String("no")) },
        { "result", ComponentValue.Ok() },
        { "point", ComponentValue.Record(("x", ComponentValue.S32(-1)), ("label", ComponentValue.String("p"))) },
        { "shape", ComponentValue.Variant("round", ComponentValue.F64(3)) },
        { "shape", ComponentValue.Variant("named", ComponentValue.Record(("x", ComponentValue.S32(4)), ("label", ComponentValue.String("q")))) },
        { "level", ComponentValue.Enum("high") },
        { "perms", ComponentValue.Flags("read", "exec") },
        { "points", ComponentValue.List(ComponentValue.Record(("x", ComponentValue.S32(9)), ("label", ComponentValue.String("r")))) },
        { "wide", Wide() },
    };

    [Fact]
    public void What_WIT_says_about_exports_travels_with_the_world()
    {
        const string Wit = """
            package test:docs@1.0.0;
            interface api {
              /// What is counted.
              record what { /// Its name.
                name: u32 }
              /// Counts.
              count: func(what: what) -> u32;
            }
            interface silent { nothing: func(); }
            /// The world.
            world docs {
              export api;
              export silent;
              /// Adds.
              export add: func(a: u32) -> u32;
            }
            """;
        const string Module = """
            (module (func (export "add") (param i32) (result i32) (local.get 0)) (func (export "test:docs/api@1.0.0#count") (param i32) (result i32) (local.get 0))
              (func (export "test:docs/silent@1.0.0#nothing")))
            """;
        byte[] embedded = GuestWriter.Embed(Module, Wit);
        Assert.Equal(0, Occurrences(embedded, "package-docs"));
        byte[] component = ComponentWriter.FromModule(embedded);
        Assert.Equal(2, Occurrences(component, "package-docs"));
        Assert.Equal(1, Occurrences(component, "Adds."));
        string text = ComponentWit.Read(component).ToString();
        Assert.All(["/// Adds.", "/// Counts.", "/// What is counted.", "/// Its name."], docs => Assert.Contains(docs, text, StringComparison.Ordinal));

        // Without documentation there is nothing to say.
        Assert.Equal(0, Occurrences(GuestWriter.Write(Module, string.Join('\n', Wit.Split('\n').Where(line => !line.Contains("///", StringComparison.Ordinal))).Replace("name: u32 }", "record what { name: u32 }", StringComparison.Ordinal)), "package-docs"));

        static int Occurrences(byte[] bytes, string text)
        {
            byte[] wanted = Encoding.UTF8.GetBytes(text);
            int count = 0;
            for (int at = 0, next; (next = bytes.AsSpan(at).IndexOf(wanted)) >= 0; at += next + wanted.Length)
            {
                count++;
            }

            return count;
        }
    }

    [Theory]
    [MemberData(nameof(Values), DisableDiscoveryEnumeration = true)]
    public void Values_pass_through_an_interface_both_ways(string type, ComponentValue value)
    {
        string wit = $$"""
            package test:echo;
            interface types {
              record point { x: s32, label: string }
              variant shape { round(f64), named(point), none }
              enum level { low, high }
              flags perms { read, write, exec }
              type points = list<point>;
              record wide { a: string, b: string, c: string, d: string, e: string, f: string, g: string, h: string, i: u64 }
            }
            interface host { use types.{point, shape, level, perms, points, wide}; pass: func(value: {{type}}) -> {{type}}; }
            interface guest { use types.{point, shape, level, perms, points, wide}; pass: func(value: {{type}}) -> {{type}}; }
            world echo { import host; export guest; }
            """;
        ComponentFunctionType function = Functions(WitTypesOf(wit)).First();
        string wat = Echo(function, "test:echo/host", "pass", "test:echo/guest#pass");
        ComponentInstance instance = GuestWriter.Run(
            GuestWriter.Write(wat, wit),
            linker =>
            {
                linker.Instance("test:echo/types");
                linker.Instance("test:echo/host").DefineFunction("pass", arguments => arguments[0]);
            });
        Assert.Equal(value, instance.GetFunction("test:echo/guest#pass")!.Invoke(value));
    }

    [Fact]
    public void Functions_of_the_world_itself_are_imported_and_exported()
    {
        const string Wit = "package test:w; world w { record pair { a: u32, b: u32 } import double: func(p: pair) -> u32; export twice: func(p: pair) -> u32; }";
        byte[] component = GuestWriter.Write(
            """
            (module (import "$root" "double" (func $double (param i32 i32) (result i32)))
              (func (export "twice") (param i32 i32) (result i32) (call $double (local.get 0) (local.get 1))))
            """,
            Wit);
        ComponentInstance instance = GuestWriter.Run(component, linker => linker.DefineFunction("double", _ => ComponentValue.U32(42)));
        Assert.Equal(
            ComponentValue.U32(42),
            instance.GetFunction("twice")!.Invoke(ComponentValue.Record(("a", ComponentValue.U32(1)), ("b", ComponentValue.U32(2)))));
    }

    [Fact]
    public void The_names_of_build_targets_work_too()
    {
        byte[] component = GuestWriter.Write(
            """
            (module (import "cm32p2|test:n/host@1" "up" (func $up (param i32) (result i32)))
              (memory (export "cm32p2_memory") 1)
              (func (export "cm32p2_realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
              (global $set (mut i32) (i32.const 0))
              (func (export "cm32p2_initialize") (global.set $set (i32.const 5)))
              (func (export "cm32p2|test:n/guest@1|length") (param i32 i32) (result i32) (i32.add (global.get $set) (call $up (local.get 1)))))
            """,
            "package test:n@1.2.3; interface host { up: func(n: u32) -> u32; } interface guest { length: func(s: string) -> u32; } world w { import host; export guest; }");
        ComponentInstance instance = GuestWriter.Run(
            component, linker => linker.Instance("test:n/host@1.2.3").DefineFunction("up", (uint n) => n + 1));
        Assert.Equal(ComponentValue.U32(9), instance.GetFunction("test:n/guest@1.2.3#length")!.Invoke(ComponentValue.String("abc")));
    }

    [Fact]
    public void Imports_are_cut_down_to_what_the_module_uses()
    {
        const string Wit = """
            package test:cut;
            interface errors { resource error; flags unused { a } }
            interface streams { use errors.{error}; record status { size: u64 } read: func() -> result<u32, error>; stat: func() -> status; }
            interface other { go: func(); }
            world w { import streams; import other; export run: func(); }
            """;
        Component component = GuestWriter.Load(GuestWriter.Write(
            """(module (import "test:cut/streams" "read" (func $read (param i32))) (memory (export "memory") 1) (func (export "run") (call $read (i32.const 8))))""", Wit));
        Assert.Equal(["test:cut/errors", "test:cut/streams"], component.Type.Imports.Select(item => item.Name));
        Assert.Equal(["error"], Names(component.Type.Imports[0]));
        Assert.Equal(["error", "read"], Names(component.Type.Imports[1]).Order());
    }

    [Theory]
    [InlineData("c-pure.component.wasm", "world.wit", "pure")]
    [InlineData("c-hosted.component.wasm", "world.wit", "hosted")]
    [InlineData("as-guest.component.wasm", "as-world.wit", "as-guest")]
    [InlineData("rs196-nostd.component.wasm", "as-world.wit", "as-guest")]
    public void Modules_of_real_toolchains_become_components_of_the_same_type(string file, string source, string world)
    {
        string root = Path.Combine(Spec.Tests.SpecData.Root(), "..", "guests");
        ComponentDefinition original = ComponentLoader.Load(File.ReadAllBytes(Path.Combine(root, "wasm", file)), ComponentLoadOptions.Default);
        byte[] module = original.Definitions.OfType<CoreModuleEntry>().First().Module.Bytes;

        // From its third world on the file needs packages that are not there.
        string wit = File.ReadAllText(Path.Combine(root, "src", source)).Split("// 3.")[0];
        byte[] embedded = ComponentWriter.EmbedWorld(module, WitModel.Parse(wit).SelectWorld(world));
        byte[] made = ComponentWriter.FromModule(embedded, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(made, ComponentWriter.FromModule(embedded, cancellationToken: TestContext.Current.CancellationToken));
        AssertSame(original.Type!, GuestWriter.Load(made).Type);
    }

    /// <summary>The core functions of an export that passes its argument to an import and gives the result back.</summary>
    internal static string Echo(ComponentFunctionType function, string module, string name, string export)
    {
        CanonSignature lower = CanonSignature.OfLower(function, new CanonOptions());
        CanonSignature lift = CanonSignature.OfLift(function, new CanonOptions());
        bool throughMemory = lower.Core.Parameters.Length > lift.Core.Parameters.Length;
        string arguments = string.Concat(Enumerable.Range(0, lift.Core.Parameters.Length).Select(i => $" local.get {i}"));
        return $"""
            (module (func $import (import "{module}" "{name}") {Signature(lower.Core)}) {GuestWriter.Allocator}
            (func (export "{export}") {Signature(lift.Core)} (local $result i32)
              {(throughMemory ? "(local.set $result (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 256)))" : "")}
              {arguments} {(throughMemory ? "local.get $result" : "")} call $import {(throughMemory ? "local.get $result" : "")}))
            """;
    }

    internal static ComponentType WitTypesOf(string wit) => Components.Writing.WitTypes.Of(WitModel.Parse(wit).SelectWorld());

    private static IEnumerable<ComponentFunctionType> Functions(ComponentType world) =>
        world.Imports.SelectMany(item => ((InstanceType)item.Type.Type).Exports).Select(item => item.Type.Type).OfType<ComponentFunctionType>();

    private static IEnumerable<string> Names(ComponentItem instance) => ((InstanceType)instance.Type.Type).Exports.Select(item => item.Name);

    private static string Signature(Wasm.FunctionType type) =>
        $"(param {string.Join(' ', type.Parameters)}) (result {string.Join(' ', type.Results)})";

    private static ComponentValue Wide()
    {
        List<(string, ComponentValue)> fields = [.. "abcdefgh".Select(name => ($"{name}", ComponentValue.String($"value {name}")))];
        fields.Add(("i", ComponentValue.U64(1UL << 60)));
        return ComponentValue.Record([.. fields]);
    }

    /// <summary>Each may stand for the other, but for imports that were cut out.</summary>
    private static void AssertSame(ComponentType original, ComponentType made)
    {
        TypeBudget budget = new(ComponentLimits.Default.MaxTypeWork);
        ComponentExternType left = new(ComponentExternKind.Component, original);
        ComponentExternType right = new(ComponentExternKind.Component, made);
        Assert.Null(new TypeMatcher(new TypeMapping(), [], budget).Match(right, left));
        Assert.Null(new TypeMatcher(new TypeMapping(), [], budget).Match(left, right));
    }
}
