using System.Text;
using Atoll.Components.Text;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Components.Tests;

/// <summary>What an embedder links: functions that pass through, types that need no definition, adapters that nobody calls.</summary>
public sealed class LinkingTests
{
    private static readonly WasmEngine Engine = new();

    public readonly record struct Pair(uint A, string B);

    /// <summary>A function of the host with several kinds of types is exported again.</summary>
    private const string Again = """
        (component
          (type $pair' (record (field "a" u32) (field "b" string)))
          (import "pair" (type $pair (eq $pair')))
          (import "f" (func $f (param "p" $pair) (param "xs" (list (option s32))) (result (result $pair (error string)))))
          (export "g" (func $f)))
        """;

    [Fact]
    public void A_function_of_the_host_that_is_exported_again_can_be_called()
    {
        ComponentLinker typed = new();
        typed.DefineFunction("f", (Pair pair, int?[] xs) => xs.Length == 0 ? Result<Pair, string>.Fail(pair.B) : Result<Pair, string>.Ok(new Pair(pair.A + (uint)xs[0]!, pair.B)));
        using Store store = new(Engine);
        ComponentFunction again = typed.Instantiate(store, Load(Again)).GetFunction("g")!;
        Func<Pair, int?[], Result<Pair, string>> call = again.ToDelegate<Func<Pair, int?[], Result<Pair, string>>>();
        Assert.Equal(new Pair(3, "b"), call(new Pair(1, "b"), [2, null]).Value);
        Assert.Equal("b", call(new Pair(1, "b"), []).Error);

        ComponentValue pair = ComponentValue.Record(("a", ComponentValue.U32(1)), ("b", ComponentValue.String("x")));
        ComponentValue list = ComponentValue.List(ComponentValue.Some(ComponentValue.S32(4)), ComponentValue.None);
        Assert.Equal(
            ComponentValue.Ok(ComponentValue.Record(("a", ComponentValue.U32(5)), ("b", ComponentValue.String("x")))),
            again.Invoke(pair, list));
    }

    [Fact]
    public void What_such_a_function_throws_is_an_error_of_the_host()
    {
        ComponentLinker linker = new();
        linker.DefineFunction("f", _ => throw new FormatException("no"));
        using Store store = new(Engine);
        ComponentFunction again = linker.Instantiate(store, Load(Again)).GetFunction("g")!;
        ComponentValue pair = ComponentValue.Record(("a", ComponentValue.U32(1)), ("b", ComponentValue.String("x")));
        HostFunctionException error = Assert.Throws<HostFunctionException>(() => again.Invoke(pair, ComponentValue.List()));
        Assert.IsType<FormatException>(error.InnerException);
    }

    [Fact]
    public void Types_that_say_what_they_are_need_no_definition()
    {
        using Store store = new(Engine);
        Component component = Load("""(component (import "types" (instance (type $t' (record (field "x" u32))) (export "t" (type (eq $t'))))))""");
        Assert.NotNull(new ComponentLinker().Instantiate(store, component));
        Component resource = Load("""(component (import "types" (instance (export "t" (type (sub resource))))))""");
        Assert.Throws<UnlinkableException>(() => new ComponentLinker().Instantiate(store, resource));
    }

    /// <summary>The adapter of a deep type is made at its first call, when the guest has used up most of its stack.</summary>
    [Fact]
    public void A_deep_type_is_first_passed_at_the_end_of_the_stack()
    {
        StringBuilder types = new("(type $t0 (list u8))");
        for (int i = 1; i < 80; i++)
        {
            types.Append(System.Globalization.CultureInfo.InvariantCulture, $" (type $t{i} (list $t{i - 1}))");
        }

        string text = $$"""
            (component
              {{types}}
              (import "f" (func $f (param "x" $t79)))
              (core module $memory (memory (export "memory") 1))
              (core instance $m (instantiate $memory))
              (core func $lowered (canon lower (func $f) (memory $m "memory")))
              (core module $loop
                (import "" "f" (func $f (param i32 i32)))
                (func $deep (export "deep") (param $n i32)
                  (if (local.get $n) (then (call $deep (i32.sub (local.get $n) (i32.const 1)))) (else (call $f (i32.const 0) (i32.const 0))))))
              (core instance $i (instantiate $loop (with "" (instance (export "f" (func $lowered))))))
              (func (export "deep") (param "n" u32) (canon lift (core func $i "deep"))))
            """;
        Component component = Load(text);
        int calls = 0;
        ComponentLinker linker = new();
        linker.DefineFunction("f", _ =>
        {
            calls++;
            return null;
        });
        for (uint depth = 1000; calls == 0 || depth < 1_000_000; depth *= 2)
        {
            using Store store = new(Engine);
            ComponentFunction deep = linker.Instantiate(store, Load(text)).GetFunction("deep")!;
            try
            {
                deep.Invoke(ComponentValue.U32(depth));
            }
            catch (TrapException trap) when (trap.Kind == TrapKind.StackExhausted)
            {
                break;
            }
        }

        Assert.True(calls > 0);
        Assert.NotNull(component);
    }

    [Fact]
    public void Error_contexts_reach_the_host_and_come_back()
    {
        const string Text = """
            (component
              (import "f" (func $f (param "e" error-context) (result error-context)))
              (core module $memory
                (memory (export "memory") 1)
                (data (i32.const 16) "what went wrong")
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
              (core instance $m (instantiate $memory))
              (core func $f' (canon lower (func $f)))
              (core func $new (canon error-context.new (memory $m "memory")))
              (core func $message (canon error-context.debug-message (memory $m "memory") (realloc (func $m "realloc"))))
              (core func $drop (canon error-context.drop))
              (core module $n
                (import "" "f" (func $f (param i32) (result i32)))
                (import "" "new" (func $new (param i32 i32) (result i32)))
                (import "" "message" (func $message (param i32 i32)))
                (import "" "drop" (func $drop (param i32)))
                (func (export "run") (result i32) (local $e i32)
                  (local.set $e (call $f (call $new (i32.const 16) (i32.const 15))))
                  (call $message (local.get $e) (i32.const 8))
                  (call $drop (local.get $e))
                  (i32.const 8))
                (func (export "bad") (call $drop (i32.const 77))))
              (core instance $i (instantiate $n (with "" (instance
                (export "f" (func $f')) (export "new" (func $new)) (export "message" (func $message)) (export "drop" (func $drop))))))
              (func (export "run") (result string) (canon lift (core func $i "run") (memory $m "memory")))
              (func (export "bad") (canon lift (core func $i "bad"))))
            """;
        ComponentLinker linker = new();
        linker.DefineFunction("f", (ErrorContext context) => new ErrorContext(context.DebugMessage + ", twice"));
        using Store store = new(Engine);
        ComponentInstance instance = linker.Instantiate(store, Load(Text));
        Assert.Equal("what went wrong, twice", instance.GetFunction("run")!.ToDelegate<Func<string>>()());
        Assert.Contains("unknown handle index 77", Assert.Throws<TrapException>(() => instance.GetFunction("bad")!.Invoke()).Message, StringComparison.Ordinal);
    }

    private static Component Load(string text) => Component.Load(Engine, ComponentText.Assemble(TextSource.Read(Encoding.UTF8.GetBytes(text))));
}
