using System.Text;
using Atoll.Components.Text;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Components.Tests;

/// <summary>Bytes of guests that become strings: whatever their length, and wherever they stop being ASCII or text.</summary>
public sealed class StringLiftTests
{
    private static readonly WasmEngine Engine = new();
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly Lazy<Component> Guest = new(() => Component.Load(Engine, ComponentText.Assemble(TextSource.Read("""
        (component
          (core module $m
            (memory (export "memory") 32)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
            (func (export "same") (param i32 i32) (result i32)
              (i32.store (i32.const 0) (local.get 0))
              (i32.store (i32.const 4) (local.get 1))
              (i32.const 0)))
          (core instance $i (instantiate $m))
          (func (export "decode") (param "b" (list u8)) (result string)
            (canon lift (core func $i "same") (memory $i "memory") (realloc (func $i "realloc")))))
        """u8.ToArray()))));

    [Fact]
    public void Text_passes_at_every_length()
    {
        using Store store = new(Engine);
        var decode = Decode(store);
        foreach (int length in (int[])[0, 1, 31, 127, 128, 129, 500, 10_000, 300_000])
        {
            string ascii = string.Concat(Enumerable.Range(0, length).Select(i => (char)(' ' + (i % 90))));
            Assert.Equal(ascii, decode(Encoding.UTF8.GetBytes(ascii)));
            foreach (int place in (int[])[0, length / 2, length])
            {
                string mixed = ascii.Insert(place, "grüße 日本 🌍");
                Assert.Equal(mixed, decode(Encoding.UTF8.GetBytes(mixed)));
            }
        }
    }

    [Fact]
    public void What_is_no_text_traps_at_every_length()
    {
        foreach (int length in (int[])[0, 1, 127, 128, 500, 300_000])
        {
            foreach (byte[] bad in (byte[][])[[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF4, 0x90, 0x80, 0x80]])
            {
                byte[] bytes = [.. Enumerable.Repeat((byte)'a', length), .. bad, .. (bad.Length == 1 ? (byte[])[] : [(byte)'b'])];
                Assert.Throws<DecoderFallbackException>(() => Strict.GetString(bytes));
                using Store store = new(Engine);
                Assert.Equal(TrapKind.CanonicalAbi, Assert.Throws<TrapException>(() => Decode(store)(bytes)).Kind);
            }
        }
    }

    private static Func<byte[], string> Decode(Store store) =>
        new ComponentLinker().Instantiate(store, Guest.Value).GetFunction("decode")!.ToDelegate<Func<byte[], string>>();
}
