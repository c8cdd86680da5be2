using System.Buffers;
using System.Text;
using Atoll.Components.Text;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Components.Tests;

/// <summary>Strings as spans, and results into a buffer of the host's.</summary>
public sealed class BufferCallTests
{
    private static readonly WasmEngine Engine = new();

    private static readonly Lazy<Component> Guest = new(() => Load("utf8"));

    public static TheoryData<string> Encodings => ["utf8", "utf16", "latin1+utf16"];

    public static TheoryData<string> Texts => ["", "text", "grüße 日本 🌍", new string('a', 10_000), new string('é', 5_000)];

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Text_passes_in_every_form_and_encoding(string encoding)
    {
        Component guest = Load(encoding);
        foreach (string text in Texts.Select(row => row.Data))
        {
            using Store store = new(Engine);
            ComponentFunction same = Function(store, "text", guest);
            ArrayBufferWriter<byte> bytes = new();
            same.ToDelegate<Action<ReadOnlySpan<byte>, IBufferWriter<byte>>>()(Encoding.UTF8.GetBytes(text), bytes);
            Assert.Equal(text, Encoding.UTF8.GetString(bytes.WrittenSpan));
            ArrayBufferWriter<char> characters = new();
            same.ToDelegate<Action<ReadOnlySpan<char>, IBufferWriter<char>>>()(text, characters);
            Assert.Equal(text, characters.WrittenSpan.ToString());
            Assert.Equal(text, same.ToDelegate<Func<ReadOnlySpan<char>, string>>()(text));
        }
    }

    [Fact]
    public void Numbers_are_written_behind_what_is_there()
    {
        using Store store = new(Engine);
        var same = Function(store, "numbers").ToDelegate<Action<ReadOnlySpan<long>, IBufferWriter<long>>>();
        ArrayBufferWriter<long> written = new();
        same([1, -2, long.MaxValue], written);
        same([], written);
        same([4], written);
        Assert.Equal([1, -2, long.MaxValue, 4], written.WrittenSpan.ToArray());
    }

    [Fact]
    public void A_call_into_a_buffer_with_room_allocates_nothing()
    {
        using Store store = new(Engine);
        var text = Function(store, "text").ToDelegate<Action<ReadOnlySpan<byte>, IBufferWriter<byte>>>();
        var list = Function(store, "bytes").ToDelegate<Action<ReadOnlySpan<byte>, IBufferWriter<byte>>>();
        ArrayBufferWriter<byte> buffer = new(100_000);
        byte[] bytes = [.. Enumerable.Repeat((byte)'a', 10_000)];
        long before = 0;
        for (int i = 0; i < 20; i++)
        {
            before = i == 10 ? GC.GetAllocatedBytesForCurrentThread() : before;
            buffer.ResetWrittenCount();
            text(bytes, buffer);
            list(bytes, buffer);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(20_000, buffer.WrittenCount);
    }

    [Fact]
    public void What_is_no_text_is_refused_before_the_call_or_traps_after_it()
    {
        using Store store = new(Engine);
        ComponentInstance instance = new ComponentLinker().Instantiate(store, Guest.Value);
        ArrayBufferWriter<byte> buffer = new();
        var same = instance.GetFunction("text")!.ToDelegate<Action<ReadOnlySpan<byte>, IBufferWriter<byte>>>();
        Assert.Contains("no UTF-8", Assert.Throws<ArgumentException>(() => same([0xFF], buffer)).Message, StringComparison.Ordinal);

        // The instance is none the worse for it.
        same("text"u8, buffer);
        Assert.Equal(4, buffer.WrittenCount);
        var decode = instance.GetFunction("decode")!.ToDelegate<Action<ReadOnlySpan<byte>, IBufferWriter<byte>>>();
        Assert.Equal(TrapKind.CanonicalAbi, Assert.Throws<TrapException>(() => decode([0xC3], buffer)).Kind);
        Assert.Equal(4, buffer.WrittenCount);
    }

    [Fact]
    public void What_a_writer_throws_is_the_hosts_own_and_a_missing_one_is_found_before_the_call()
    {
        using Store store = new(Engine);
        var same = Function(store, "bytes").ToDelegate<Action<ReadOnlySpan<byte>, IBufferWriter<byte>>>();
        Assert.Throws<ArgumentNullException>(() => same([1], null!));
        HostFunctionException exception = Assert.Throws<HostFunctionException>(() => same([1, 2], new Narrow()));
        Assert.IsType<InvalidOperationException>(exception.InnerException);
        Assert.Throws<TrapException>(() => same([1], new ArrayBufferWriter<byte>()));
    }

    [Fact]
    public void A_function_of_the_host_takes_and_gives_spans_of_text()
    {
        Component component = Component.Load(Engine, ComponentText.Assemble(TextSource.Read("""
            (component
              (import "f" (func $f (param "s" string) (result string)))
              (export "g" (func $f)))
            """u8.ToArray())));
        using Store store = new(Engine);
        ComponentLinker linker = new ComponentLinker().DefineFunction("f", (string text) => text + "!");
        ComponentFunction again = linker.Instantiate(store, component).GetFunction("g")!;
        ArrayBufferWriter<byte> buffer = new();
        again.ToDelegate<Action<ReadOnlySpan<byte>, IBufferWriter<byte>>>()("é"u8, buffer);
        again.ToDelegate<Action<ReadOnlySpan<char>, IBufferWriter<byte>>>()("ü", buffer);
        Assert.Equal("é!ü!", Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    [Fact]
    public void A_writer_of_another_kind_does_not_fit()
    {
        using Store store = new(Engine);
        Assert.Contains("does not take", Assert.Throws<ArgumentException>(() => Function(store, "bytes").ToDelegate<Action<byte[], IBufferWriter<int>>>()).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Function(store, "text").ToDelegate<Action<string, IBufferWriter<int>>>());
    }

    private static Component Load(string encoding) => Component.Load(Engine, ComponentText.Assemble(TextSource.Read(Encoding.UTF8.GetBytes($$"""
        (component
          (core module $m
            (memory (export "memory") 32)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32)
              (if (local.get 1) (then (memory.copy (i32.const 65536) (local.get 0) (local.get 1))))
              (i32.const 65536))
            (func (export "same") (param i32 i32) (result i32)
              (i32.store (i32.const 0) (local.get 0))
              (i32.store (i32.const 4) (local.get 1))
              (i32.const 0)))
          (core instance $i (instantiate $m))
          (func (export "text") (param "s" string) (result string)
            (canon lift (core func $i "same") (memory $i "memory") (realloc (func $i "realloc")) string-encoding={{encoding}}))
          (func (export "decode") (param "b" (list u8)) (result string)
            (canon lift (core func $i "same") (memory $i "memory") (realloc (func $i "realloc"))))
          (func (export "bytes") (param "b" (list u8)) (result (list u8))
            (canon lift (core func $i "same") (memory $i "memory") (realloc (func $i "realloc"))))
          (func (export "numbers") (param "b" (list s64)) (result (list s64))
            (canon lift (core func $i "same") (memory $i "memory") (realloc (func $i "realloc")))))
        """))));

    private static ComponentFunction Function(Store store, string name, Component? guest = null) =>
        new ComponentLinker().Instantiate(store, guest ?? Guest.Value).GetFunction(name)!;

    /// <summary>Breaks the promise of the interface.</summary>
    private sealed class Narrow : IBufferWriter<byte>
    {
        public void Advance(int count) => throw new NotSupportedException();

        public Memory<byte> GetMemory(int sizeHint = 0) => new byte[1];

        public Span<byte> GetSpan(int sizeHint = 0) => new byte[1];
    }
}
