using System.Text;
using Atoll.Components.Text;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Components.Tests;

/// <summary>Values through memories with 64-bit addresses, where pointers and lengths have 64 bits too.</summary>
public sealed class Memory64Tests
{
    private static readonly WasmEngine Engine = new();

    /// <summary>Functions that look at the bytes that they get, so that a mistake in one direction is not made good by the same in the other.</summary>
    private const string Guest = """
        (component
          (core module $m
            (memory (export "memory") i64 1)
            (global $next (mut i64) (i64.const 1024))
            (func $realloc (export "realloc") (param i64 i64) (param $align i64) (param $size i64) (result i64)
              (local $at i64)
              (local.set $at (i64.and
                (i64.add (global.get $next) (i64.sub (local.get $align) (i64.const 1)))
                (i64.sub (i64.const 0) (local.get $align))))
              (global.set $next (i64.add (local.get $at) (local.get $size)))
              (local.get $at))
            (func $pair (param i64 i64) (result i64)
              (i64.store (i64.const 16) (local.get 0))
              (i64.store (i64.const 24) (local.get 1))
              (i64.const 16))
            (func (export "echo") (param i64 i64) (result i64) (call $pair (local.get 0) (local.get 1)))
            (func (export "second") (param $list i64) (param i64) (result i64)
              (call $pair (i64.load offset=32 (local.get $list)) (i64.load offset=40 (local.get $list))))
            (func (export "some") (param i32 i64 i64) (result i32)
              (if (result i32) (local.get 0) (then (i32.wrap_i64 (local.get 2))) (else (i32.const 99))))
            (func (export "many") (param $all i64) (result i32)
              (i32.add (i32.load offset=64 (local.get $all)) (i32.load8_u (i64.load offset=72 (local.get $all)))))
            (func (export "either") (param $case i32) (param i64 i64) (result i64)
              (i32.store8 (i64.const 32) (local.get $case))
              (i64.store (i64.const 40) (local.get 1))
              (i64.store (i64.const 48) (local.get 2))
              (i64.const 32))
            (func (export "bad") (param $which i32) (result i64)
              (if (result i64) (i32.eq (local.get $which) (i32.const 0)) (then (call $pair (i64.const -1) (i64.const 2)))
                (else (if (result i64) (i32.eq (local.get $which) (i32.const 1)) (then (call $pair (i64.const 8) (i64.const -1)))
                  (else (if (result i64) (i32.eq (local.get $which) (i32.const 2)) (then (call $pair (i64.const 0x100000000) (i64.const 1)))
                    (else (i64.const -8)))))))))
          (core instance $i (instantiate $m))
          (type $entry' (record (field "a" u8) (field "s" string)))
          (export $entry "entry" (type $entry'))
          (type $either' (variant (case "text" string) (case "float" f32) (case "wide" u64)))
          (export $either "either-type" (type $either'))
          (func (export "echo") (param "s" string) (result string)
            (canon lift (core func $i "echo") (memory $i "memory") (realloc (func $i "realloc"))))
          (func (export "echo16") (param "s" string) (result string)
            (canon lift (core func $i "echo") string-encoding=latin1+utf16 (memory $i "memory") (realloc (func $i "realloc"))))
          (func (export "strings") (param "s" (list string)) (result (list string))
            (canon lift (core func $i "echo") (memory $i "memory") (realloc (func $i "realloc"))))
          (func (export "bytes") (param "s" (list u8)) (result (list u8))
            (canon lift (core func $i "echo") (memory $i "memory") (realloc (func $i "realloc"))))
          (func (export "second") (param "s" (list $entry)) (result string)
            (canon lift (core func $i "second") (memory $i "memory") (realloc (func $i "realloc"))))
          (func (export "some") (param "s" (option string)) (result u32)
            (canon lift (core func $i "some") (memory $i "memory") (realloc (func $i "realloc"))))
          (func (export "many")
            (param "a" u32) (param "b" u32) (param "c" u32) (param "d" u32) (param "e" u32) (param "f" u32) (param "g" u32) (param "h" u32) (param "i" u32)
            (param "j" u32) (param "k" u32) (param "l" u32) (param "m" u32) (param "n" u32) (param "o" u32) (param "p" u32) (param "q" u32) (param "s" string)
            (result u32)
            (canon lift (core func $i "many") (memory $i "memory") (realloc (func $i "realloc"))))
          (func (export "either") (param "e" $either) (result $either)
            (canon lift (core func $i "either") (memory $i "memory") (realloc (func $i "realloc"))))
          (func (export "bad") (param "which" u32) (result string)
            (canon lift (core func $i "bad") (memory $i "memory") (realloc (func $i "realloc")))))
        """;

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("grüße, 日本 🌍")]
    public void Strings_pass_unchanged(string text)
    {
        using Store store = new(Engine);
        ComponentInstance instance = Make(store, Guest);
        Assert.Equal(text, instance.GetFunction("echo")!.ToDelegate<Func<string, string>>()(text));
        Assert.Equal(text, instance.GetFunction("echo16")!.ToDelegate<Func<string, string>>()(text));
        Assert.Equal([text, "", text], instance.GetFunction("strings")!.ToDelegate<Func<string[], string[]>>()([text, "", text]));
    }

    [Fact]
    public void Values_lie_where_the_wider_pointers_put_them()
    {
        using Store store = new(Engine);
        ComponentInstance instance = Make(store, Guest);
        Assert.Equal([1, 2, 3], instance.GetFunction("bytes")!.ToDelegate<Func<byte[], byte[]>>()([1, 2, 3]));
        Assert.Equal("two", instance.GetFunction("second")!.ToDelegate<Func<Entry[], string>>()([new Entry(1, "one"), new Entry(2, "two")]));
        var some = instance.GetFunction("some")!.ToDelegate<Func<string?, uint>>();
        Assert.Equal([4u, 99u], [some("four"), some(null)]);
        ComponentValue[] many = [.. Enumerable.Range(1, 17).Select(i => ComponentValue.U32((uint)i)), ComponentValue.String("A")];
        Assert.Equal(ComponentValue.U32(17 + 'A'), instance.GetFunction("many")!.Invoke(many));
    }

    [Fact]
    public void Cases_share_places_that_are_wide_enough()
    {
        using Store store = new(Engine);
        ComponentFunction either = Make(store, Guest).GetFunction("either")!;
        foreach (ComponentValue value in new[]
        {
            ComponentValue.Variant("text", ComponentValue.String("hello")),
            ComponentValue.Variant("float", ComponentValue.F32(1.5f)),
            ComponentValue.Variant("wide", ComponentValue.U64(ulong.MaxValue - 1)),
        })
        {
            Assert.Equal(value, either.Invoke(value));
        }
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(2u)]
    [InlineData(3u)]
    public void Pointers_out_of_the_memory_trap(uint which)
    {
        using Store store = new(Engine);
        TrapException trap = Assert.Throws<TrapException>(() => Make(store, Guest).GetFunction("bad")!.Invoke(ComponentValue.U32(which)));
        Assert.Equal(TrapKind.CanonicalAbi, trap.Kind);
    }

    [Theory]
    [InlineData("i32", "i64")]
    [InlineData("i64", "i32")]
    [InlineData("i64", "i64")]
    public void Guests_of_both_widths_call_each_other(string caller, string callee)
    {
        string text = $"""
            (component
              (component $echo
                {Echo(callee)}
                (func (export "echo") (param "s" (list string)) (result (list string))
                  (canon lift (core func $i "echo") (memory $i "memory") (realloc (func $i "realloc")))))
              (component $caller
                (import "echo" (func $echo (param "s" (list string)) (result (list string))))
                {Echo(caller)}
                (core func $lowered (canon lower (func $echo) (memory $i "memory") (realloc (func $i "realloc"))))
                (core module $run
                  (import "" "echo" (func $echo (param {caller} {caller} {caller})))
                  (func (export "run") (param {caller} {caller}) (result {caller})
                    (call $echo (local.get 0) (local.get 1) ({caller}.const 64))
                    ({caller}.const 64)))
                (core instance $r (instantiate $run (with "" (instance (export "echo" (func $lowered))))))
                (func (export "run") (param "s" (list string)) (result (list string))
                  (canon lift (core func $r "run") (memory $i "memory") (realloc (func $i "realloc")))))
              (instance $e (instantiate $echo))
              (instance $c (instantiate $caller (with "echo" (func $e "echo"))))
              (export "run" (func $c "run")))
            """;
        using Store store = new(Engine);
        var run = Make(store, text).GetFunction("run")!.ToDelegate<Func<string[], string[]>>();
        Assert.Equal(["a", "grüße", ""], run(["a", "grüße", ""]));
    }

    [Fact]
    public void The_host_gets_and_gives_values()
    {
        string text = $"""
            (component
              (import "upper" (func $upper (param "s" string) (result string)))
              {Echo("i64")}
              (core func $lowered (canon lower (func $upper) (memory $i "memory") (realloc (func $i "realloc"))))
              (core module $run
                (import "" "upper" (func $upper (param i64 i64 i64)))
                (func (export "run") (param i64 i64) (result i64) (call $upper (local.get 0) (local.get 1) (i64.const 64)) (i64.const 64)))
              (core instance $r (instantiate $run (with "" (instance (export "upper" (func $lowered))))))
              (func (export "run") (param "s" string) (result string)
                (canon lift (core func $r "run") (memory $i "memory") (realloc (func $i "realloc")))))
            """;
        ComponentLinker linker = new();
        linker.DefineFunction("upper", (string s) => s.ToUpperInvariant());
        using Store store = new(Engine);
        Assert.Equal("HELLO", linker.Instantiate(store, Load(text)).GetFunction("run")!.ToDelegate<Func<string, string>>()("hello"));
    }

    [Fact]
    public void A_resource_is_represented_by_64_bits()
    {
        const string Text = """
            (component
              (core module $d
                (global $dropped (export "dropped") (mut i64) (i64.const 0))
                (func (export "dtor") (param i64) (global.set $dropped (local.get 0)))
                (func (export "last") (result i64) (global.get $dropped)))
              (core instance $d (instantiate $d))
              (type $r (resource (rep i64) (dtor (func $d "dtor"))))
              (core func $new (canon resource.new $r))
              (core func $rep (canon resource.rep $r))
              (core func $drop (canon resource.drop $r))
              (core module $m
                (import "" "new" (func $new (param i64) (result i32)))
                (import "" "rep" (func $rep (param i32) (result i64)))
                (import "" "drop" (func $drop (param i32)))
                (func (export "run") (param i64) (result i64)
                  (local $handle i32) (local $result i64)
                  (local.set $handle (call $new (local.get 0)))
                  (local.set $result (call $rep (local.get $handle)))
                  (call $drop (local.get $handle))
                  (local.get $result)))
              (core instance $i (instantiate $m (with "" (instance (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))))))
              (func (export "run") (param "r" u64) (result u64) (canon lift (core func $i "run")))
              (func (export "last") (result u64) (canon lift (core func $d "last"))))
            """;
        using Store store = new(Engine);
        ComponentInstance instance = Make(store, Text);
        Assert.Equal(0xFEDC_BA98_7654_3210, instance.GetFunction("run")!.ToDelegate<Func<ulong, ulong>>()(0xFEDC_BA98_7654_3210));
        Assert.Equal(0xFEDC_BA98_7654_3210, instance.GetFunction("last")!.ToDelegate<Func<ulong>>()());
    }

    public sealed record Entry(byte A, string S);

    /// <summary>A core instance <c>$i</c> that gives back the pair that it gets.</summary>
    private static string Echo(string word) => $"""
        (core module $m
          (memory (export "memory") {(word == "i64" ? "i64 " : "")}1)
          (global $next (mut {word}) ({word}.const 1024))
          (func (export "realloc") (param {word} {word} {word}) (param $size {word}) (result {word})
            (local $at {word})
            (local.set $at ({word}.and ({word}.add (global.get $next) ({word}.const 7)) ({word}.const -8)))
            (global.set $next ({word}.add (local.get $at) (local.get $size)))
            (local.get $at))
          (func (export "echo") (param {word} {word}) (result {word})
            ({word}.store ({word}.const 16) (local.get 0))
            ({word}.store offset={(word == "i64" ? 8 : 4)} ({word}.const 16) (local.get 1))
            ({word}.const 16)))
        (core instance $i (instantiate $m))
        """;

    private static ComponentInstance Make(Store store, string text) => new ComponentLinker().Instantiate(store, Load(text));

    private static Component Load(string text) => Component.Load(Engine, ComponentText.Assemble(TextSource.Read(Encoding.UTF8.GetBytes(text))));
}
