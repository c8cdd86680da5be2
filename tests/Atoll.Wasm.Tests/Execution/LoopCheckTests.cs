namespace Atoll.Wasm.Tests.Execution;

/// <summary>
/// Loops that count: the compiler leaves out checks of addresses that a counter surely cannot lead astray, and looks for a request to stop in loops that
/// surely end soon. Each loop here is also counted in C#, so that a round too few or too many shows.
/// </summary>
public class LoopCheckTests
{
    private const int Page = 65536;
    private const int MostRounds = 100_000;

    private static readonly string[] Comparisons = ["ne", "lt_u", "le_u", "lt_s", "le_s"];

    // Start, step, bound, what is added to the counter for the address, bytes accessed.
    private static IEnumerable<(int Start, int Step, int Bound, int Added, int Size)> Counts()
    {
        foreach (int size in (int[])[1, 8])
        {
            foreach (int step in (int[])[1, 4, 3])
            {
                int last = (Page - size) / step * step;
                yield return (0, step, last + step, 0, size);
                yield return (0, step, last + (2 * step), 0, size);
                yield return (0, step, last, step, size);
                yield return (step, step, last, 2 * step, size);
                yield return (last - (5 * step), step, last, 0, size);
                yield return (-last, step, 0, last, size);
                yield return (-last - step, step, step, last, size);
                yield return (-last, step, 0, last + step, size);
                yield return (Page, -step, 0, -step, size);
                yield return (last, -step, -step, 0, size);
                yield return (last, -step, 0, 1, size);
                yield return (last, -step, 0, size, size);
                yield return (10, step, 5, 0, size);
                yield return (0, step, 7, Page - 8, size);
                yield return (0, step, int.MaxValue, 0, size);
                yield return (0, step, -1, 0, size);
                yield return (int.MaxValue - 20, step, int.MinValue + 20, 0, size);
                yield return (-4 * step, step, 0, 0, size);
                yield return (-4 * step, step, 4 * step, Page / 2, size);
            }
        }
    }

    public static TheoryData<string, bool, bool> Forms()
    {
        TheoryData<string, bool, bool> data = [];
        foreach (string comparison in Comparisons)
        {
            data.Add(comparison, false, false);
            data.Add(comparison, true, false);
            data.Add(comparison, false, true);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_loop_that_counts_reaches_what_it_may_and_no_more(string comparison, bool setsApart, bool calls)
    {
        foreach ((int start, int step, int bound, int added, int size) in Counts())
        {
            string load = size switch { 1 => "i32.load8_u", 4 => "i32.load", _ => "i64.load" };
            string next = $"(i32.add (local.get $i) (i32.const {step}))";
            string value = setsApart ? $"(local.set $i {next}) (local.get $i)" : $"(local.tee $i {next})";
            Instance instance = Guest.Run($"""
                (module (memory 1) (global $rounds (export "rounds") (mut i32) (i32.const 0)) (func $nothing)
                  (func (export "f") (local $i i32) {(calls ? "(call $nothing)" : "")}
                    (local.set $i (i32.const {start}))
                    (loop
                      (drop ({load} (i32.add (local.get $i) (i32.const {added}))))
                      (global.set $rounds (i32.add (global.get $rounds) (i32.const 1)))
                      (if (i32.eq (global.get $rounds) (i32.const {MostRounds})) (then (return)))
                      (br_if 0 (i32.{comparison} {value} (i32.const {bound}))))))
                """);
            (int rounds, bool traps) = Count(start, step, comparison, bound, added, size);
            if (traps)
            {
                Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("f")).Kind);
            }
            else
            {
                instance.Call("f");
            }

            Assert.Equal(rounds, instance.GetGlobal("rounds")!.Value.AsI32());
        }
    }

    private static (int Rounds, bool Traps) Count(int start, int step, string comparison, int bound, int added, int size)
    {
        int i = start;
        for (int rounds = 0; ;)
        {
            if ((uint)(i + added) > Page - size)
            {
                return (rounds, true);
            }

            i += step;
            bool again = comparison switch
            {
                "ne" => i != bound,
                "lt_u" => (uint)i < (uint)bound,
                "le_u" => (uint)i <= (uint)bound,
                "lt_s" => i < bound,
                _ => i <= bound,
            };
            if (++rounds == MostRounds || !again)
            {
                return (rounds, false);
            }
        }
    }

    // What looks like counting and is none, or not by what is written at the end of the loop. All of them leave the memory, or never get to its end.
    [Theory]
    [InlineData("(loop $l (drop (i32.load8_u (local.get $i))) (loop $m (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.ne (local.get $i) (i32.const 100))) (br $m)))")]
    [InlineData("(loop $l (drop (i32.load8_u (local.get $i))) (loop $m (br_if $l (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))) (br $m)))")]
    [InlineData("(loop $l (drop (i32.load8_u (local.get $i))) (loop $m (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))) (br_if $m (i32.lt_u (local.get $i) (i32.const 70000)))) (drop (i32.load8_u (local.get $i))))")]
    [InlineData("(loop $l (drop (i32.load8_u (local.get $i))) (if (local.get $q) (then (local.set $i (i32.const 70000)))) (br_if $l (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))")]
    [InlineData("(loop $l (drop (i32.load8_u (local.get $i))) (br_if $l (i32.or (local.get $q) (local.tee $i (i32.add (local.get $i) (i32.const 40001))))) (br_if $l (i32.lt_u (local.get $i) (i32.const 100))))")]
    [InlineData("(loop $l (drop (i32.load8_u (local.get $i))) (local.set $i (i32.add (local.get $i) (i32.const 40001))) (br_if $l (local.get $q)) (br_if $l (i32.lt_u (local.get $i) (i32.const 100))))")]
    [InlineData("(loop $l (drop (i32.load8_u (local.get $i))) (local.set $i (i32.add (local.get $i) (i32.const 40001))) (block (br_table 1 0 1 (i32.const 0))) (br_if $l (i32.lt_u (local.get $i) (i32.const 100))))")]
    [InlineData("(loop $l (drop (i32.load8_u (local.get $i))) (local.set $i (i32.add (local.get $i) (i32.const 3))) (br_if $l (i32.ne (local.get $i) (i32.const 100))))")]
    [InlineData("(local.set $i (local.get $p)) (loop $l (drop (i32.load8_u (local.get $i))) (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.ne (local.get $i) (i32.const 100))))")]
    [InlineData("(loop $l (drop (i32.load8_u (local.get $i))) (block (br_if 0 (local.get $q)) (local.set $i (i32.add (local.get $i) (i32.const 1)))) (local.set $p (i32.add (local.get $p) (i32.const 1))) (br_if $l (i32.ne (local.get $i) (i32.const 100)))) (unreachable)", TrapKind.Unreachable, 0)]
    [InlineData("(loop $l (local.set $i (i32.add (local.get $i) (i32.const 1))) (drop (i32.load8_u offset=65435 (local.get $i))) (br_if $l (i32.ne (local.get $i) (i32.const 101))))")]
    [InlineData("(loop $l (drop (i32.load8_u (local.get $i))) (drop (local.tee $i (i32.add (local.get $i) (i32.const 1)))) (local.set $i (i32.add (local.get $i) (i32.const 40000))) (br_if $l (i32.ne (local.get $i) (i32.const 100))))")]
    [InlineData("(loop $l (drop (i32.load8_u (local.get $i))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 40001))) (i32.const 80003))))")]
    [InlineData("(loop $l (drop (i32.load8_u (i32.mul (local.get $i) (i32.const 3)))) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 21847))))")]
    public void What_only_seems_to_count_is_checked(string body, TrapKind kind = TrapKind.MemoryOutOfBounds, int q = 1)
    {
        Instance instance = Guest.Run($"""(module (memory 1 9) (func (export "f") (param $p i32) (param $q i32) (local $i i32) {body}))""");
        Assert.Equal(kind, Assert.Throws<TrapException>(() => instance.Call("f", Value.I32(200), Value.I32(q))).Kind);
    }

    // Blocks that catch have labels and ends of their own, by which no loop may be measured.
    [Theory]
    [InlineData("(loop $l (drop (i32.load (local.get $p))) (block $c (try_table (catch_all $c) (nop))) (local.set $p (i32.const 0x7fffff00)) (br $l))")]
    [InlineData("(loop $l (drop (i32.load (local.get $p))) (try_table (catch_all $l) (nop)) (local.set $p (i32.const 0x7fffff00)) (br $l))")]
    [InlineData("(loop $l (drop (i32.load (local.get $p))) (try (do (nop)) (delegate 0)) (try (do (nop)) (delegate 0)) (local.set $p (i32.const 0x7fffff00)) (br $l))")]
    [InlineData("(loop $l (drop (i32.load (local.get $p))) (try (do (throw $e)) (catch_all)) (local.set $p (i32.const 0x7fffff00)) (br $l))")]
    [InlineData("(local.set $p (i32.const 0)) (loop $l (drop (i32.load (local.get $p))) (try_table (catch_all $l) (local.set $p (i32.add (local.get $p) (i32.const 65533))) (throw $e)) (br_if $l (i32.ne (local.get $p) (i32.const 65533))))")]
    public void Blocks_that_catch_end_no_loop(string body)
    {
        WasmEngine engine = new(new WasmEngineOptions { Features = WasmFeatures.All });
        Instance instance = Guest.Run($"""(module (memory 1 9) (tag $e) (func (export "f") (param $p i32) (drop (i32.load (local.get $p))) {body}))""", engine);
        Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("f", Value.I32(8))).Kind);
    }

    [Fact]
    public void A_memory_without_pages_has_nothing_to_count_over()
    {
        Instance instance = Guest.Run("""
            (module (memory 0 1) (func (export "f") (param $grow i32) (local $i i32)
              (if (local.get $grow) (then (drop (memory.grow (i32.const 1)))))
              (loop (drop (i32.load8_u (local.get $i))) (br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 65536))))))
            """);
        Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("f", Value.I32(0))).Kind);
        instance.Call("f", Value.I32(1));
    }

    [Theory]
    [InlineData(65536, 4, true)]
    [InlineData(131072, 4, true)]
    [InlineData(131076, 4, false)]
    public void Growth_on_the_way_is_followed(int bound, int step, bool fits)
    {
        Instance instance = Guest.Run($"""
            (module (memory 1 2) (func (export "f") (local $i i32)
              (loop
                (if (i32.eq (local.get $i) (i32.const 65532)) (then (drop (memory.grow (i32.const 1)))))
                (i32.store (local.get $i) (i32.const 1))
                (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const {step}))) (i32.const {bound}))))))
            """);
        if (fits)
        {
            instance.Call("f");
        }
        else
        {
            Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("f")).Kind);
        }
    }

    [Theory]
    [InlineData(65529, false)]
    [InlineData(65528, true)]
    public void Wide_addresses_are_counted_too(int offset, bool fits)
    {
        Instance instance = Guest.Run($"""
            (module (memory i64 1) (func (export "f") (local $i i32)
              (loop
                (drop (i32.load8_u offset={offset} (i64.extend_i32_u (local.get $i))))
                (br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8))))))
            """);
        if (fits)
        {
            instance.Call("f");
        }
        else
        {
            Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("f")).Kind);
        }
    }

    // Numbers of operations other than counting.
    [Theory]
    [InlineData("(i32.sub (i32.const 65535) (i32.and (local.get $p) (i32.const 15)))", 0, false)]
    [InlineData("(i32.sub (i32.const 65532) (i32.and (local.get $p) (i32.const 15)))", 0, true)]
    [InlineData("(i32.sub (i32.and (local.get $p) (i32.const 15)) (i32.const 1))", 0, false)]
    [InlineData("(i32.sub (i32.or (i32.and (local.get $p) (i32.const 7)) (i32.const 8)) (i32.const 9))", 0, false)]
    [InlineData("(i32.add (i32.and (local.get $p) (i32.const 15)) (i32.const -4))", 3, false)]
    [InlineData("(i32.add (i32.and (local.get $p) (i32.const 15)) (i32.const -4))", 4, true)]
    [InlineData("(i32.mul (i32.and (local.get $p) (i32.const 0xffff)) (i32.const 0x10001))", 0xffff, false)]
    [InlineData("(i32.mul (i32.and (local.get $p) (i32.const 15)) (i32.const 4369))", 15, false)]
    [InlineData("(i32.mul (i32.and (local.get $p) (i32.const 15)) (i32.const 4368))", 15, true)]
    [InlineData("(i32.rem_u (local.get $p) (i32.const 65534))", 65533, false)]
    [InlineData("(i32.rem_u (local.get $p) (i32.const 65533))", 65532, true)]
    [InlineData("(i32.rem_u (i32.const 70000) (local.get $p))", 70001, false)]
    [InlineData("(i32.div_u (i32.const 131072) (local.get $p))", 2, false)]
    [InlineData("(i32.shl (i32.and (local.get $p) (i32.const 3)) (i32.const 31))", 1, false)]
    [InlineData("(i32.xor (i32.and (local.get $p) (i32.const 1)) (i32.const 65532))", 1, false)]
    [InlineData("(i32.wrap_i64 (i64.shl (i64.const 1) (i64.extend_i32_u (i32.and (local.get $p) (i32.const 31)))))", 16, false)]
    [InlineData("(i32.wrap_i64 (i64.sub (i64.const 4) (i64.const 5)))", 0, false)]
    [InlineData("(i32.wrap_i64 (i64.shr_u (i64.const -1) (i64.const 1)))", 0, false)]
    [InlineData("(i32.wrap_i64 (i64.extend_i32_s (local.get $p)))", -1, false)]
    public void Results_lie_where_they_lie(string address, int p, bool fits)
    {
        foreach (string calls in (string[])["", "(call $nothing)"])
        {
            Instance instance = Guest.Run($"""(module (memory 1) (func $nothing) (func (export "f") (param $p i32) {calls} (drop (i32.load {address}))))""");
            if (fits)
            {
                instance.Call("f", Value.I32(p));
            }
            else
            {
                Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("f", Value.I32(p))).Kind);
            }
        }
    }
}
