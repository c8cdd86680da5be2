using System.Buffers.Binary;
using System.Text;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>
/// Accesses at places that differ by known numbers, for which the compiler makes one check. Each case is also played in C#: what traps, and what was stored
/// before, must be the same for addresses at both ends of memory and around zero.
/// </summary>
public class MergedCheckTests
{
    private const int Page = 65536;

    /// <summary>One access: a load of so many bytes, or a store of four, at a place and an offset from it.</summary>
    private sealed record Access(int Place, int Offset, int Size, bool IsStore = false);

    private static readonly Access[][] Sequences =
    [
        [new(24, 0, 8), new(16, 0, 8), new(8, 0, 8), new(0, 0, 8)],
        [new(0, 0, 8), new(8, 0, 8), new(16, 0, 8), new(24, 0, 8)],
        [new(4, 0, 4), new(36, 0, 4), new(56, 0, 4), new(64, 0, 4, true)],
        [new(104, 0, 8), new(56, 0, 8), new(72, 0, 8), new(64, 0, 8), new(80, 0, 4, true), new(88, 0, 4, true), new(96, 0, 8)],
        [new(-8, 0, 4), new(-4, 0, 4), new(-8, 0, 4, true)],
        [new(-4, 0, 4), new(-8, 0, 4), new(-12, 4, 4), new(4, 0, 1)],
        [new(12288, 0, 8), new(8192, 0, 8), new(4096, 0, 8), new(0, 0, 8)],
        [new(8, 0, 4, true), new(16, 0, 4), new(0, 0, 4), new(12, 0, 4, true), new(4, 0, 4, true)],
        [new(100, 0, 1), new(227, 0, 1), new(228, 0, 1), new(1, 0, 1)],
        [new(8, 1000, 4), new(16, 0, 4), new(4, 2000, 4), new(0, 0, 1, true)],
        [new(40000, 0, 4), new(0, 0, 4), new(-20000, 0, 4)],
        [new(1, 0, 8), new(-1, 0, 8), new(65535, 0, 1)],
        [new(7, 0, 1), new(-65529, 0, 1), new(7, 0, 4)],
    ];

    public static TheoryData<int, string, bool, bool> Cases()
    {
        TheoryData<int, string, bool, bool> data = [];
        for (int i = 0; i < Sequences.Length; i++)
        {
            foreach (string form in (string[])["sums", "locals", "steps"])
            {
                data.Add(i, form, false, false);
                data.Add(i, form, true, false);
                data.Add(i, form, true, true);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void One_check_is_as_good_as_many(int sequence, string form, bool calls, bool faults)
    {
        Access[] accesses = Sequences[sequence];
        Instance instance = Guest.Run($"""
            (module (memory (export "memory") 1) (func $nothing)
              (func (export "f") (param $p i32) (local $q i32) {(calls ? "(call $nothing)" : "")} {Body(accesses, form)}))
            """, faults ? Guest.Faulting : null);
        byte[] model = new byte[Page];
        foreach (int start in Addresses(accesses))
        {
            Span<byte> memory = instance.GetMemory("memory")!.GetSpan(0UL, Page);
            memory.Clear();
            Array.Clear(model);
            if (Play(accesses, start, model))
            {
                Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("f", Value.I32(start))).Kind);
            }
            else
            {
                instance.Call("f", Value.I32(start));
            }

            Assert.True(instance.GetMemory("memory")!.GetSpan(0UL, Page).SequenceEqual(model), $"address {start}");
        }
    }

    private static IEnumerable<int> Addresses(Access[] accesses)
    {
        HashSet<int> all = [];
        foreach (Access access in accesses)
        {
            foreach (int near in (int[])[-9, -8, -7, -4, -1, 0, 1, 3, 4, 8])
            {
                all.Add(near - access.Place);
                all.Add(Page - access.Place - access.Offset + near);
                all.Add(near);
                all.Add(int.MinValue + near);
            }
        }

        return all;
    }

    /// <summary>Each address as a sum, in a local, or by adding to the one before.</summary>
    private static string Body(Access[] accesses, string form)
    {
        StringBuilder text = new();
        int before = 0;
        for (int i = 0; i < accesses.Length; i++)
        {
            Access access = accesses[i];
            string address = form switch
            {
                "sums" => $"(i32.add (local.get $p) (i32.const {access.Place}))",
                "locals" => $"(local.tee $q (i32.add (i32.const {access.Place}) (local.get $p)))",
                _ => $"(local.tee $p (i32.add (local.get $p) (i32.const {access.Place - before})))",
            };
            before = access.Place;
            string load = access.Size switch { 1 => "i32.load8_s", 4 => "i32.load", _ => "f64.load" };
            text.AppendLine(access.IsStore
                ? FormattableString.Invariant($"(i32.store offset={access.Offset} {address} (i32.const {i + 1}))")
                : FormattableString.Invariant($"(drop ({load} offset={access.Offset} {address}))"));
        }

        return text.ToString();
    }

    private static bool Play(Access[] accesses, int start, byte[] memory)
    {
        for (int i = 0; i < accesses.Length; i++)
        {
            long address = (uint)(start + accesses[i].Place) + (long)accesses[i].Offset;
            if (address + accesses[i].Size > Page)
            {
                return true;
            }

            if (accesses[i].IsStore)
            {
                BinaryPrimitives.WriteInt32LittleEndian(memory.AsSpan((int)address), i + 1);
            }
        }

        return false;
    }

    // What is known of places ends where control goes elsewhere, and with the value.
    [Theory]
    [InlineData("(drop (i32.load (i32.add (local.get $p) (i32.const 4)))) (local.set $p (local.get $q)) (i32.load (i32.add (local.get $p) (i32.const 4)))", 0, Page - 7)]
    [InlineData("(if (local.get $q) (then (drop (i64.load (i32.add (local.get $p) (i32.const 4)))))) (i32.load (i32.add (local.get $p) (i32.const 8)))", Page - 11, 0)]
    [InlineData("(if (result i32) (local.get $q) (then (i32.load (i32.add (local.get $p) (i32.const 4)))) (else (i32.load (i32.add (local.get $p) (i32.const 4)))))", Page - 7, 0)]
    [InlineData("(block (br_if 0 (i32.eqz (local.get $q))) (drop (i32.load (i32.add (local.get $p) (i32.const 4))))) (i32.load (i32.add (local.get $p) (i32.const 4)))", Page - 7, 0)]
    [InlineData("(loop (drop (i32.load (i32.add (local.get $p) (i32.const 4)))) (local.set $p (i32.add (local.get $p) (i32.const 4))) (br 0)) (unreachable)", 0, 0)]
    [InlineData("(drop (i32.load (i32.add (local.get $p) (i32.const 4)))) (i32.load (i32.add (select (local.get $p) (local.get $q) (i32.const 0)) (i32.const 4)))", 0, Page - 7)]
    [InlineData("(drop (i32.load (i32.add (local.get $p) (i32.const 4)))) (i32.load (i32.mul (i32.add (local.get $p) (i32.const 4)) (i32.const 2)))", Page / 2, 0)]
    [InlineData("(drop (i32.load (i32.add (local.get $p) (i32.const 8)))) (i32.load (i32.sub (local.get $p) (i32.const -12)))", Page - 12, 0)]
    [InlineData("(local.get $p) (drop (i32.load (i32.add (local.get $p) (i32.const 4)))) (local.set $p (local.get $q)) (drop (i32.load (i32.add (local.get $p) (i32.const 4)))) (i32.add (i32.const 8)) (i32.load)", Page - 8, 0)]
    public void Places_end_with_their_root(string body, int p, int q)
    {
        foreach (string calls in (string[])["", "(call $nothing)"])
        {
            Instance instance = Guest.Run($"""(module (memory 1) (func $nothing) (func (export "f") (param $p i32) (param $q i32) (result i32) {calls} {body}))""");
            Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("f", Value.I32(p), Value.I32(q))).Kind);
        }
    }

    /// <summary>A sum of an address and a small number must not be an address by wrapping around.</summary>
    [Fact]
    public void No_memory_has_the_last_page_of_32_bits()
    {
        Instance instance = Guest.Run("""(module (memory 0) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))""");
        Assert.Equal(-1, instance.Call("grow", Value.I32(65536))[0].AsI32());
        Assert.Equal(0, instance.Call("grow", Value.I32(1))[0].AsI32());
        Assert.Equal(-1, instance.Call("grow", Value.I32(65535))[0].AsI32());
        Assert.Equal(LimitKind.Memory, Assert.Throws<LimitExceededException>(() => Guest.Run("(module (memory 65536))")).Limit);
    }
}
