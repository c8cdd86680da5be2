using System.Text;
using Atoll.Components.Text;
using Atoll.Components.Types;
using Atoll.Components.Validation;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Components.Tests;

/// <summary>Functions of components as delegates: every type goes into a guest, on to a host function of the same type, and all the way back.</summary>
public sealed class TypedCallTests
{
    private static readonly WasmEngine Engine = new();

    public delegate (bool, sbyte, byte, short, ushort, int, uint) SmallNumbers((bool, sbyte, byte, short, ushort, int, uint) value);

    public sealed record Person(string Name, uint Age, Person.Kind Kind2, int[] Scores)
    {
        public enum Kind
        {
            Child,
            Adult,
        }
    }

    [Flags]
    public enum Access
    {
        None = 0,
        Read = 1,
        Write = 2,
    }

    public abstract record Shape
    {
        public sealed record Nothing : Shape;

        public sealed record Circle(double Value) : Shape;

        public sealed record ManyPoints((int X, int Y)[] Value) : Shape;
    }

    [Fact]
    public void Numbers_pass_unchanged() => RoundTrip<SmallNumbers>(
        "(tuple bool s8 u8 s16 u16 s32 u32)", value => value,
        echo => Assert.Equal((true, -128, 255, -32768, 65535, int.MinValue, uint.MaxValue), echo((true, -128, 255, -32768, 65535, int.MinValue, uint.MaxValue))));

    [Fact]
    public void Wide_numbers_pass_unchanged() => RoundTrip<Func<(long, ulong, float, double), (long, ulong, float, double)>>(
        "(tuple s64 u64 f32 f64)", value => value,
        echo => Assert.Equal((long.MinValue, ulong.MaxValue, 1.5f, -0.0), echo((long.MinValue, ulong.MaxValue, 1.5f, -0.0))));

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("grüße, 世界 🌍")]
    public void Strings_pass_unchanged(string text) => RoundTrip<Func<string, string>>("string", value => value, echo => Assert.Equal(text, echo(text)));

    [Fact]
    public void Lone_surrogates_become_the_replacement_character() =>
        RoundTrip<Func<string, string>>("string", value => value, echo => Assert.Equal("a\ufffdb", echo("a\ud800b")));

    [Fact]
    public void Characters_pass_unchanged() =>
        RoundTrip<Func<Rune, Rune>>("char", value => value, echo => Assert.Equal(new Rune(0x1F30D), echo(new Rune(0x1F30D))));

    [Fact]
    public void Bytes_and_lists_pass_unchanged()
    {
        byte[] bytes = [.. Enumerable.Range(0, 10_000).Select(i => (byte)i)];
        RoundTrip<Func<byte[], byte[]>>("(list u8)", value => value, echo => Assert.Equal(bytes, echo(bytes)));
        string[][] nested = [["a", "b"], [], ["c"]];
        RoundTrip<Func<string[][], string[][]>>("(list (list string))", value => value, echo => Assert.Equal(nested, echo(nested)));
        RoundTrip<Func<bool[], bool[]>>("(list bool)", value => value, echo => Assert.Equal([true, false], echo([true, false])));
    }

    [Fact]
    public void Options_and_results_pass_unchanged()
    {
        RoundTrip<Func<uint?, uint?>>("(option u32)", value => value, echo =>
        {
            Assert.Null(echo(null));
            Assert.Equal(7u, echo(7));
        });
        RoundTrip<Func<string?, string?>>("(option string)", value => value, echo =>
        {
            Assert.Null(echo(null));
            Assert.Equal("x", echo("x"));
        });
        RoundTrip<Func<Result<double, string>, Result<double, string>>>("(result f64 (error string))", value => value, echo =>
        {
            Assert.Equal(Result<double, string>.Ok(0.5), echo(Result<double, string>.Ok(0.5)));
            Assert.Equal(Result<double, string>.Fail("no"), echo(Result<double, string>.Fail("no")));
        });
        RoundTrip<Func<Result<Unit, Unit>, Result<Unit, Unit>>>("(result)", value => value, echo => Assert.True(echo(Result<Unit, Unit>.Fail(default)).IsError));
    }

    [Fact]
    public void Records_enumerations_flags_and_variants_pass_unchanged()
    {
        RoundTrip<Func<Person, Person>>(
            "(record (field \"name\" string) (field \"age\" u32) (field \"kind2\" $kind) (field \"scores\" (list s32)))", value => value,
            echo =>
            {
                Person back = echo(new Person("Ada", 36, Person.Kind.Adult, [1, -2, 3]));
                Assert.Equal(("Ada", 36u, Person.Kind.Adult), (back.Name, back.Age, back.Kind2));
                Assert.Equal([1, -2, 3], back.Scores);
            });
        RoundTrip<Func<Access, Access>>("(flags \"read\" \"write\")", value => value, echo => Assert.Equal(Access.Read | Access.Write, echo(Access.Read | Access.Write)));
        RoundTrip<Func<Shape, Shape>>(
            "(variant (case \"nothing\") (case \"circle\" f64) (case \"many-points\" (list (tuple s32 s32))))", value => value,
            echo =>
            {
                Assert.IsType<Shape.Nothing>(echo(new Shape.Nothing()));
                Assert.Equal(new Shape.Circle(2.5), echo(new Shape.Circle(2.5)));
                Assert.Equal([(1, 2), (3, 4)], Assert.IsType<Shape.ManyPoints>(echo(new Shape.ManyPoints([(1, 2), (3, 4)]))).Value);
            });
    }

    [Fact]
    public void A_delegate_that_does_not_fit_is_refused_with_the_place()
    {
        ArgumentException wrong = Assert.Throws<ArgumentException>(() => RoundTrip<Func<int, int>>("u32", value => value, _ => { }));
        Assert.Equal("parameter `v`: the type System.Int32 cannot hold a u32; System.UInt32 can", wrong.Message);
    }

    [Fact]
    public void What_a_host_function_throws_comes_out_wrapped_and_poisons_the_instance() => RoundTrip<Func<uint, uint>>(
        "u32", _ => throw new InvalidDataException("broken"),
        echo =>
        {
            HostFunctionException wrapped = Assert.Throws<HostFunctionException>(() => echo(1));
            Assert.IsType<InvalidDataException>(wrapped.InnerException);
            Assert.Equal(TrapKind.CanonicalAbi, Assert.Throws<TrapException>(() => echo(1)).Kind);
        });

    /// <summary>Lists within lists on the same bytes: 64 KiB of guest memory stand for more than the host has.</summary>
    [Fact]
    public void Values_that_repeat_themselves_do_not_exhaust_the_host()
    {
        Component component = Component.Load(Engine, Assemble("""
            (component
              (core module $m
                (memory (export "m") 1)
                (func (export "f") (result i32)
                  ;; one pair (0, 8192) everywhere: each list holds 8192 lists, which are it again
                  (local $i i32)
                  (loop $next
                    (i32.store offset=4 (local.get $i) (i32.const 8191))
                    (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 65528))))
                  (i32.const 0)))
              (core instance $i (instantiate $m))
              (func (export "f") (result (list (list (list (list u8)))))
                (canon lift (core func $i "f") (memory $i "m"))))
            """));
        using Store store = new(Engine);
        ComponentInstance instance = new ComponentLinker().Instantiate(store, component);

        TrapException trap = Assert.Throws<TrapException>(() => instance.GetFunction("f")!.ToDelegate<Func<byte[][][][]>>()());
        Assert.Equal("the values of one call take more than 256 MiB of the host", trap.Message);
    }

    private static void RoundTrip<TDelegate>(string type, TDelegate host, Action<TDelegate> use)
        where TDelegate : Delegate
    {
        string prelude = $"""
            (type $kind' (enum "child" "adult"))
            (import "kind" (type $kind (eq $kind')))
            (type $t' {type})
            (import "t" (type $t (eq $t')))
            """;
        Component named = Component.Load(Engine, Assemble($"(component {prelude} (import \"f\" (func (param \"v\" $t))))"));
        ComponentFunctionType function = (ComponentFunctionType)named.Type.Imports[2].Type.Type;
        string[] flat = [.. Flattening.Flatten(function.Parameters[0].Type, is64: false).Select(core => core.ToString())];
        Component component = Component.Load(Engine, Assemble($"""
            (component
              {prelude}
              (import "host" (func $next (param "v" $t) (result $t)))
              (component $inner
                {prelude}
                (import "next" (func $next (param "v" $t) (result $t)))
                {Guest("utf16", flat)})
              (instance $second (instantiate $inner (with "kind" (type $kind)) (with "t" (type $t)) (with "next" (func $next))))
              (alias export $second "echo" (func $echo))
              (component $outer
                {prelude}
                (import "next" (func $next (param "v" $t) (result $t)))
                {Guest("utf8", flat)})
              (instance $first (instantiate $outer (with "kind" (type $kind)) (with "t" (type $t)) (with "next" (func $echo))))
              (export "echo" (func $first "echo")))
            """));
        using Store store = new(Engine);
        ComponentInstance instance = new ComponentLinker().DefineFunction("host", (Delegate)host).Instantiate(store, component);
        use(instance.GetFunction("echo")!.ToDelegate<TDelegate>());
    }

    private static byte[] Assemble(string text) => ComponentText.Assemble(TextSource.Read(text));

    /// <summary>A guest whose exported function passes its argument to an import, and returns what that returns.</summary>
    private static string Guest(string encoding, string[] flat)
    {
        string parameters = string.Join(' ', flat.Select(core => $"(param {core})"));
        string arguments = string.Join(' ', flat.Select((_, i) => $"(local.get {i})"));
        bool isInMemory = flat.Length > 1;
        return $$"""
            (core module $libc
              (memory (export "memory") 4)
              (global $next (mut i32) (i32.const 1024))
              (func (export "realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
                (local $at i32)
                (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
                (global.set $next (i32.add (local.get $at) (local.get $new)))
                (memory.copy (local.get $at) (local.get $old) (local.get $size))
                (local.get $at)))
            (core instance $libc (instantiate $libc))
            (core func $lowered (canon lower (func $next) (memory $libc "memory") (realloc (func $libc "realloc")) string-encoding={{encoding}}))
            (core module $code
              (import "" "next" (func $next {{parameters}} {{(isInMemory ? "(param i32)" : $"(result {flat[0]})")}}))
              (func (export "echo") {{parameters}} (result {{(isInMemory ? "i32" : flat[0])}})
                {{(isInMemory ? $"(call $next {arguments} (i32.const 64)) (i32.const 64)" : $"(call $next {arguments})")}}))
            (core instance $code (instantiate $code (with "" (instance (export "next" (func $lowered))))))
            (func (export "echo") (param "v" $t) (result $t)
              (canon lift (core func $code "echo") (memory $libc "memory") (realloc (func $libc "realloc")) string-encoding={{encoding}}))
            """;
    }
}
