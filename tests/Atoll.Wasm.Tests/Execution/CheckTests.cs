using System.Globalization;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>
/// Checks of addresses that the compiler leaves out or moves: whatever it knows, an access outside of the memory traps, and what happened before the trap,
/// and only that, can be seen.
/// </summary>
public class CheckTests
{
    private const int End = 65536;

    /// <summary>Functions that call check in another way than those that do not.</summary>
    private static Instance Run(string body, bool calls, string before = "") => Guest.Run($"""
        (module (memory (export "memory") 1 3) (global $g (export "g") (mut i32) (i32.const 0)) (func $nothing) {before}
          (func (export "f") (param $p i32) (param $q i32) (result i32) (local $r i32) {(calls ? "(call $nothing)" : "")}
            {body}))
        """);

    private static void Traps(Instance instance, int p, int q = 0)
    {
        TrapException trap = Assert.Throws<TrapException>(() => instance.Call("f", Value.I32(p), Value.I32(q)));
        Assert.Equal(TrapKind.MemoryOutOfBounds, trap.Kind);
    }

    private static int Call(Instance instance, int p, int q = 0) => instance.Call("f", Value.I32(p), Value.I32(q))[0].AsI32();

    public static TheoryData<int, string, int, bool> Extents()
    {
        TheoryData<int, string, int, bool> data = [];
        foreach (bool calls in (bool[])[false, true])
        {
            foreach (int offset in (int[])[0, 1, 7, 26, 27, 28, 119, 120, 127, 128, 255, 992, 993, 996, 997, 999, 1000, 1001, 4096, 60000, 65528, 65532, 65535])
            {
                data.Add(offset, "i32.load8_u", 1, calls);
                data.Add(offset, "i32.load", 4, calls);
                data.Add(offset, "i64.load", 8, calls);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Extents))]
    public void The_last_byte_that_fits_is_the_last(int offset, string load, int size, bool calls)
    {
        string value = load[0] == 'i' && load.StartsWith("i64", StringComparison.Ordinal) ? "i32.wrap_i64" : "";
        Instance instance = Run($"({load} offset={offset} (local.get $p)) {value}", calls);
        int last = End - offset - size;
        if (last >= 0)
        {
            Assert.Equal(0, Call(instance, last));
        }

        Traps(instance, last + 1);
        Traps(instance, -1);
        Traps(instance, -size);
        Traps(instance, int.MinValue);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_follows_growth(bool calls)
    {
        Instance instance = Run(
            "(if (local.get $q) (then (drop (memory.grow (i32.const 1))))) (i32.store offset=8 (local.get $p) (i32.const 7)) (i32.load offset=8 (local.get $p))", calls);
        Traps(instance, End);
        Assert.Equal(7, Call(instance, End, 1));
        Assert.Equal(7, Call(instance, End));
        Traps(instance, 2 * End);
    }

    // Each body reads or writes at $p with a small extent first, and with a larger one behind a change of $p or on one way only.
    [Theory]
    [InlineData("(drop (i32.load (local.get $p))) (local.set $p (i32.add (local.get $p) (i32.const 4))) (i32.load (local.get $p))")]
    [InlineData("(drop (i32.load (local.get $p))) (i32.load offset=1 (local.get $p))")]
    [InlineData("(drop (i32.load (local.get $p))) (i32.load (i32.add (local.get $p) (i32.const 1)))")]
    [InlineData("(drop (i32.load (local.get $p))) (local.set $r (i32.add (local.get $p) (i32.const 1))) (i32.load (local.get $r))")]
    [InlineData("(drop (i32.load (local.get $p))) (i32.load (local.tee $r (i32.add (local.get $p) (i32.const 4))))")]
    [InlineData("(drop (i32.load (local.get $p))) (local.set $r (local.get $p)) (local.set $r (i32.add (local.get $r) (i32.const 1))) (i32.load (local.get $r))")]
    [InlineData("(if (local.get $q) (then (drop (i64.load (local.get $p))))) (drop (i32.load (local.get $p))) (i32.load offset=4 (local.get $p))")]
    [InlineData("(if (local.get $q) (then (drop (i64.load (local.get $p)))) (else (drop (i32.load (local.get $p))))) (i32.load offset=4 (local.get $p))")]
    [InlineData("(block (br_if 0 (i32.eqz (local.get $q))) (drop (i64.load (local.get $p)))) (i32.load offset=1 (local.get $p))")]
    [InlineData("(block (block (br_table 0 1 (local.get $q))) (drop (i32.load (local.get $p))) (local.set $p (i32.add (local.get $p) (i32.const 4)))) (i32.load offset=1 (local.get $p))")]
    [InlineData("(drop (i32.load (local.get $p))) (loop (drop (i32.load (local.get $p))) (local.set $p (i32.add (local.get $p) (i32.const 4))) (br 0)) (unreachable)")]
    [InlineData("(drop (i32.load (local.get $p))) (loop (loop (drop (i32.load (local.get $p)))) (local.set $p (i32.add (local.get $p) (i32.const 4))) (br 0)) (unreachable)")]
    [InlineData("(drop (i32.load (local.get $p))) (block (loop (drop (i32.load (local.get $p))) (br_if 1 (local.get $q)) (drop (local.tee $p (i32.add (local.get $p) (i32.const 8)))) (br 0))) (unreachable)")]
    [InlineData("(drop (i32.load (local.get $p))) (block (result i32) (local.get $p) (local.set $p (i32.const 0)) (i32.load (local.get $p)) (drop)) (i32.add (i32.const 1)) (i32.load)")]
    [InlineData("(drop (i32.load (local.get $p))) (i32.load (select (local.get $p) (i32.add (local.get $p) (i32.const 1)) (local.get $q)))")]
    [InlineData("(drop (i32.load (local.get $p))) (i32.load (i32.sub (local.get $p) (i32.const -1)))")]
    [InlineData("(drop (i32.load (local.get $p))) (i32.load (i32.add (local.get $p) (i32.and (local.get $p) (i32.const 4))))")]
    [InlineData("(drop (i32.load (local.get $p))) (i32.load (i32.add (local.get $p) (i32.const -65533)))")]
    public void What_is_known_ends_with_the_value(string body)
    {
        foreach (bool calls in (bool[])[false, true])
        {
            Traps(Run(body, calls), End - 4);
        }
    }

    // A number that the compiler knows to be small, and what it must not take for one.
    [Theory]
    [InlineData("(i32.load offset=65529 (i32.and (local.get $p) (i32.const 7)))", 7, 3)]
    [InlineData("(i32.load offset=65526 (i32.and (i32.const 7) (local.get $p)))", 7, -2)]
    [InlineData("(i32.load offset=65026 (i32.shl (i32.and (local.get $p) (i32.const 127)) (i32.const 2)))", 127, 126)]
    [InlineData("(i32.load (i32.shr_u (local.get $p) (i32.const 16)))", -1, 0)]
    [InlineData("(i32.load (i32.shr_s (local.get $p) (i32.const 16)))", -1, 0)]
    [InlineData("(i32.load (i32.shl (i32.and (local.get $p) (i32.const 255)) (i32.const 28)))", 255, 0)]
    [InlineData("(i32.load (i32.mul (i32.and (local.get $p) (i32.const 255)) (i32.const 0x1000000)))", 255, 0)]
    [InlineData("(i32.load (i32.add (i32.and (local.get $p) (i32.const 65535)) (i32.const 0)))", 65535, 65532)]
    [InlineData("(i32.load offset=65535 (i32.rem_u (local.get $p) (i32.const 1)))", 5, 999)]
    [InlineData("(local.set $r (i32.and (local.get $p) (i32.const 15))) (i32.load offset=65520 (local.get $r))", 15, 12)]
    [InlineData("(i32.load offset=65529 (i32.popcnt (local.get $p)))", 15, 7)]
    [InlineData("(i32.load offset=65535 (i32.eqz (local.get $p)))", 0, 999)]
    [InlineData("(i32.load offset=65532 (i32.load8_u (local.get $p)))", 9, 0)]
    [InlineData("(i32.load offset=65532 (i32.wrap_i64 (i64.extend_i32_u (local.get $p))))", 1, 0)]
    public void Small_numbers_are_what_they_are(string load, int outside, int inside)
    {
        foreach (bool calls in (bool[])[false, true])
        {
            Instance instance = Run("(i32.store8 (i32.const 9) (i32.const 1))" + load, calls);
            Traps(instance, outside);
            if (inside != 999)
            {
                Call(instance, inside);
            }
        }
    }

    [Theory]
    [InlineData("(i32.store (local.get $p) (i32.const 5)) (i32.store offset=4 (local.get $p) (i32.const 6)) (i32.const 0)", 5, 0)]
    [InlineData("(drop (i32.load (local.get $p))) (i32.store (local.get $p) (i32.const 5)) (i32.load offset=4 (local.get $p))", 5, 0)]
    [InlineData("(drop (i32.load (local.get $p))) (global.set $g (i32.const 3)) (i32.load offset=4 (local.get $p))", 0, 3)]
    [InlineData("(drop (i32.load (local.get $p))) (call $set) (i32.load offset=4 (local.get $p))", 0, 9)]
    [InlineData("(drop (i32.load (local.get $p))) (memory.fill (local.get $p) (i32.const 1) (i32.const 1)) (i32.load offset=4 (local.get $p))", 1, 0)]
    public void What_happened_before_the_trap_is_seen(string body, int stored, int global)
    {
        Instance instance = Run(body, calls: body.Contains("call", StringComparison.Ordinal), before: "(func $set (global.set $g (i32.const 9)))");
        Traps(instance, End - 4);
        Assert.Equal(stored, BitConverter.ToInt32(instance.GetMemory("memory")!.GetSpan((ulong)(End - 4), 4)));
        Assert.Equal(global, instance.GetGlobal("g")!.Value.AsI32());
    }

    [Theory]
    [InlineData("(drop (i32.load (local.get $p))) (drop (i32.div_u (i32.const 1) (local.get $q))) (i32.load offset=4 (local.get $p))", TrapKind.IntegerDivideByZero)]
    [InlineData("(drop (i32.load (local.get $p))) (if (i32.eqz (local.get $q)) (then (unreachable))) (i32.load offset=4 (local.get $p))", TrapKind.Unreachable)]
    [InlineData("(drop (i32.load (local.get $p))) (drop (i32.trunc_f32_s (f32.const nan))) (i32.load offset=4 (local.get $p))", TrapKind.InvalidConversionToInteger)]
    [InlineData("(drop (i32.load (local.get $p))) (drop (i32.div_s (i32.const 0x80000000) (i32.sub (local.get $q) (i32.const 1)))) (i32.load offset=4 (local.get $p))", TrapKind.IntegerOverflow)]
    [InlineData("(i32.store offset=4 (local.get $p) (i32.div_u (i32.const 1) (local.get $q))) (i32.const 0)", TrapKind.IntegerDivideByZero)]
    public void The_first_trap_wins(string body, TrapKind kind)
    {
        foreach (bool calls in (bool[])[false, true])
        {
            Assert.Equal(kind, Assert.Throws<TrapException>(() => Call(Run(body, calls), End - 4)).Kind);
        }
    }

    [Fact]
    public void Values_below_an_access_keep_their_order()
    {
        // The sum's left side is read before the store in the function that the right side calls.
        Instance instance = Guest.Run("""
            (module (memory 1)
              (func $store (result i32) (i32.store (i32.const 8) (i32.const 100)) (i32.const 16))
              (func (export "f") (param $p i32) (result i32)
                (i32.store (i32.const 8) (i32.const 1)) (i32.store (i32.const 16) (i32.const 20))
                (i32.add (i32.load (local.get $p)) (i32.load (call $store)))))
            """);
        Assert.Equal(21, instance.Call("f", Value.I32(8))[0].AsI32());
    }

    [Fact]
    public void An_overflow_of_the_host_is_none_of_the_guest()
    {
        Instance instance = Guest.Run(
            """(module (import "h" "f" (func $f)) (memory 1) (func (export "f") (call $f)))""",
            link: (linker, _) => linker.DefineFunction("h", "f", (Action)(() => throw new OverflowException("mine"))));
        Assert.IsType<OverflowException>(Assert.Throws<HostFunctionException>(() => instance.Call("f")).InnerException);
    }

    [Theory]
    [InlineData("copy", 0, 1, 65535)]
    [InlineData("copy", 1, 0, 65535)]
    [InlineData("copy", 65536, 0, 0)]
    [InlineData("copy", 0, 65536, 0)]
    [InlineData("copy", 65537, 0, 0, true)]
    [InlineData("copy", 0, 65537, 0, true)]
    [InlineData("copy", 0, 1, 65536, true)]
    [InlineData("copy", -1, 0, 1, true)]
    [InlineData("copy", 0, -1, -1, true)]
    [InlineData("fill", 65536, 7, 0)]
    [InlineData("fill", 65535, 7, 1)]
    [InlineData("fill", 65535, 7, 2, true)]
    [InlineData("fill", 0, 7, -1, true)]
    [InlineData("fill", 65537, 7, 0, true)]
    public void Bulk_operations_end_with_the_memory(string operation, int first, int second, int count, bool traps = false)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"(memory.{operation} (i32.const {first}) (i32.const {second}) (i32.const {count})) (i32.const 0)");
        Instance instance = Run("(i32.store (i32.const 1000) (i32.const 77))" + text, calls: false);
        if (traps)
        {
            Traps(instance, 0);
        }
        else
        {
            Call(instance, 0);
        }

        // As if through another place: what overlaps is copied as it was.
        if (operation == "copy" && count == 65535)
        {
            Assert.Equal(77, instance.GetMemory("memory")!.GetSpan((ulong)(1000 + first - second), 1)[0]);
        }
    }
}
