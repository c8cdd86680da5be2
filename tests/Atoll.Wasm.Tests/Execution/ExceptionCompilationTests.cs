using System.Globalization;
using System.Text;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>Ways in and out of blocks that catch, of which IL has few; and very many, very deep and very hungry ones.</summary>
public sealed class ExceptionCompilationTests
{
    private const string Ways = """
        (module (tag $e (param i32)) (tag $other) (type $t (func (param i32) (result i32))) (table funcref (elem $ten))
          (elem declare func $ten)
          (func $throw (param i32) (throw $e (local.get 0)))
          (func $ten (type $t) (i32.add (local.get 0) (i32.const 10)))
          (func $leaves (param i32) (result i32 i64) (local $n i32)
            (block $out (result i32)
              (loop $again
                (try_table (catch_all $again)
                  (local.set $n (i32.add (local.get $n) (i32.const 1)))
                  (if (i32.lt_u (local.get $n) (i32.const 5)) (then (call $throw (i32.const 1))))
                  (block $three (block $two (block $one
                    (br_table $one $two $three (local.get 0)))
                    (br $out (i32.const 1)))
                    (return (i32.const 2) (i64.const 20)))
                  (br_if $out (i32.const 3) (i32.eq (local.get 0) (i32.const 2)))
                  (drop)
                  (call $throw (i32.const 4))))
              (unreachable))
            (i64.extend_i32_u (local.get $n)))
          (func (export "leaves") (param i32) (result i32 i64) (call $leaves (local.get 0)))
          (func (export "tail") (param i32) (result i32)
            (block $h (result i32) (try_table (catch $e $h) (return_call $ten (local.get 0))) (unreachable)))
          (func (export "tail-indirect") (param i32) (result i32)
            (block $h (result i32) (try_table (catch $e $h) (return_call_indirect (type $t) (local.get 0) (i32.const 0))) (unreachable)))
          (func (export "tail-ref") (param i32) (result i32)
            (block $h (result i32) (try_table (catch $e $h) (return_call_ref $t (local.get 0) (ref.func $ten))) (unreachable)))
          (func $down (export "tail-self") (param i32) (result i32)
            (if (i32.eqz (local.get 0)) (then (return (i32.const 42))))
            (block $h (try_table (catch_all $h) (return_call $down (i32.sub (local.get 0) (i32.const 1))))) (i32.const -1))
          (func (export "operands") (param i32) (result i32)
            (i32.const 1000) (i32.mul (local.get 0) (i32.const 100))
            (block $h (result i32)
              (i32.mul (local.get 0) (i32.const 7)) (drop)
              (try_table (catch $e $h) (call $throw (i32.mul (local.get 0) (i32.const 10)))) (unreachable))
            (i32.add) (i32.add))
          (func (export "dead") (result i32)
            (block $h (try_table (catch_all $h) (return (i32.const 1)) (call $throw (i32.const 2))) (unreachable))
            (block $g (try_table (catch_all $g))) (i32.const 3))
          (func (export "quiet") (param i32) (result i32)
            (block $h (try_table (catch_all $h) (br_if $h (local.get 0)) (return (i32.const 1)))) (i32.const 2))
          (func (export "twice") (result i32)
            (block $h (result i32) (try_table (catch $e $h)
              (block $g (result i32) (try_table (catch $e $g) (call $throw (i32.const 1))) (unreachable))
              (i32.add (i32.const 1)) (call $throw))
              (unreachable))
            (i32.add (i32.const 10)))
          (func (export "static") (param i32) (result i32)
            (block $all
              (block $h (result i32)
                (try_table (catch $e $h)
                  (try_table (catch $other $all)
                    (if (local.get 0) (then (throw $e (i32.const 7))))
                    (throw $other)))
                (unreachable))
              (return))
            (i32.const 8)))
        """;

    [Theory]
    [InlineData("leaves", 0, 1)]
    [InlineData("leaves", 1, 2)]
    [InlineData("leaves", 2, 3)]
    [InlineData("tail", 5, 15)]
    [InlineData("tail-indirect", 5, 15)]
    [InlineData("tail-ref", 5, 15)]
    [InlineData("tail-self", 1_000_000, 42)]
    [InlineData("operands", 3, 1330)]
    [InlineData("dead", null, 1)]
    [InlineData("quiet", 0, 1)]
    [InlineData("quiet", 1, 2)]
    [InlineData("twice", null, 12)]
    [InlineData("static", 0, 8)]
    [InlineData("static", 1, 7)]
    public void Control_goes_in_and_out(string function, int? argument, int expected)
    {
        foreach (WasmEngine engine in (WasmEngine[])[Guest.Engine, new(new WasmEngineOptions { ConsumeFuel = true }), new(new WasmEngineOptions { Interruptible = false })])
        {
            Instance instance = Guest.Run(Ways, engine);
            Value[] results = argument is { } value ? instance.Call(function, value) : instance.Call(function);
            Assert.Equal(expected, results[0].AsI32());
            if (function == "leaves")
            {
                Assert.Equal(argument == 1 ? 20 : 5, results[1].AsI64());
            }
        }
    }

    [Fact]
    public void Imported_tags_may_be_one()
    {
        Instance instance = Guest.Run(
            """
            (module (import "m" "a" (tag $a (param i32))) (import "m" "b" (tag $b (param i32)))
              (func (export "f") (result i32)
                (block $h (result i32) (try_table (catch $b $h) (throw $a (i32.const 42))) (unreachable)))
              (func (export "g") (result i32)
                (try (result i32) (do (try (result i32) (do (throw $a (i32.const 42))) (catch $b))) (catch $a (drop) (i32.const 1)))))
            """,
            link: (linker, store) =>
            {
                Tag tag = new(store, new TagType(new FunctionType([ValueType.I32], [])));
                linker.Define("m", "a", tag).Define("m", "b", tag);
            });
        Assert.Equal(42, instance.Call("f")[0].AsI32());
        Assert.Equal(42, instance.Call("g")[0].AsI32());
    }

    [Theory]
    [InlineData(20, 20)]
    [InlineData(300, 300)]
    [InlineData(3_000, 1)]
    [InlineData(1, 3_000)]
    public void Very_many_blocks_compile_and_catch(int depth, int count)
    {
        StringBuilder text = new("(module (tag $e) (func $throw (throw $e)) (func (export \"new\") (result i32) (local i32)");
        Repeat(depth, " block try_table (catch_all 0)");
        Repeat(count, " block try_table (catch $e 0) call $throw end end (local.set 0 (i32.add (local.get 0) (i32.const 1)))");
        Repeat(depth, " call $throw end end (local.set 0 (i32.add (local.get 0) (i32.const 1)))");
        text.Append(" local.get 0) (func (export \"old\") (result i32) (local i32)");
        Repeat(depth, " try");
        Repeat(count, " try call $throw catch $e end (local.set 0 (i32.add (local.get 0) (i32.const 1)))");
        Repeat(depth, " call $throw catch_all (local.set 0 (i32.add (local.get 0) (i32.const 1))) end");
        text.Append(" local.get 0))");
        Instance instance = Guest.Run(text.ToString());
        Assert.Equal(depth + count, instance.Call("new")[0].AsI32());
        Assert.Equal(depth + count, instance.Call("old")[0].AsI32());

        void Repeat(int times, string part) => text.Insert(text.Length, part, times);
    }

    [Fact]
    public void A_module_with_thousands_of_functions_that_catch_compiles()
    {
        StringBuilder text = new("(module (tag $e (param i32)) (func $throw (param i32) (throw $e (local.get 0)))");
        for (int i = 0; i < 3_000; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"(func (export \"f{i}\") (result i32) (try (result i32) (do (call $throw (i32.const {i})) (unreachable)) (catch $e)))");
        }

        Instance instance = Guest.Run(text.Append(')').ToString());
        Assert.Equal(0, instance.Call("f0")[0].AsI32());
        Assert.Equal(2_999, instance.Call("f2999")[0].AsI32());
    }

    [Fact]
    public void Many_locals_and_many_operands_are_as_they_were()
    {
        // More than are copied for handlers.
        StringBuilder text = new("(module (tag $e) (func $throw (throw $e)) (func (export \"f\") (param i32) (result i32) (local");
        text.Insert(text.Length, " i32", 2_000).Append(')');
        for (int i = 1; i <= 2_000; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $" (local.set {i} (i32.add (local.get 0) (i32.const {i})))");
        }

        text.Insert(text.Length, " (i32.mul (local.get 0) (i32.const 3))", 200);
        text.Append(" (block $h (try_table (catch_all $h) (local.set 7 (i32.const 1000000)) (call $throw)))");
        text.Insert(text.Length, " i32.add", 199);
        for (int i = 1; i <= 2_000; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $" (i32.add (local.get {i}))");
        }

        Instance instance = Guest.Run(text.Append("))").ToString());
        Assert.Equal((200 * 15) + (2_000 * 5) + (2_000 * 2_001 / 2) - 12 + 1_000_000, instance.Call("f", 5)[0].AsI32());
    }

    [Fact]
    public void Exceptions_that_a_guest_keeps_are_charged_to_its_heap()
    {
        const string Text = """
            (module (tag $e (param i64 i64)) (table $t 100000 exnref) (func $throw (throw $e (i64.const 1) (i64.const 2)))
              (func (export "keep") (param i32) (result i32) (local $x exnref) (local $i i32)
                (loop $l
                  (local.set $x (block $h (result exnref) (try_table (catch_all_ref $h) (call $throw)) (unreachable)))
                  (table.set $t (i32.and (local.get $i) (local.get 0)) (local.get $x))
                  (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 30000))))
                (local.get $i)))
            """;
        Instance instance = Guest.Run(Text, options: new StoreOptions { MaxHeapBytes = 1 << 20 });
        Assert.Equal(30_000, instance.Call("keep", 255)[0].AsI32());
        Assert.Equal(LimitKind.Heap, Assert.Throws<LimitExceededException>(() => instance.Call("keep", 65535)).Limit);
        Assert.Equal(30_000, Guest.Run(Text).Call("keep", 65535)[0].AsI32());
    }

    [Fact]
    public void Throwing_at_the_end_of_the_stack_works_or_traps()
    {
        // Goes as deep as it may; what is thrown on the way back is caught one frame further out.
        Instance instance = Guest.Run("""
            (module (tag $e (param i32)) (global $deepest (mut i32) (i32.const 0))
              (func $f (param i32) (global.set $deepest (local.get 0))
                (try_table (catch_all 0) (call $f (i32.add (local.get 0) (i32.const 1)))) (unreachable))
              (func (export "trap") (call $f (i32.const 0)))
              (func $g (param i32) (param $limit i32)
                (if (i32.ge_u (local.get 0) (local.get $limit)) (then (throw $e (local.get 0))))
                (block $h (result i32) (try_table (catch $e $h) (call $g (i32.add (local.get 0) (i32.const 1)) (local.get $limit))) (return))
                (throw $e (i32.add (i32.const 1))))
              (func (export "chain") (param i32) (result i32)
                (block $h (result i32) (try_table (catch $e $h) (call $g (i32.const 0) (local.get 0))) (unreachable)))
              (func (export "deepest") (result i32) (global.get $deepest)))
            """);
        Assert.Equal(TrapKind.StackExhausted, Assert.Throws<TrapException>(() => instance.Call("trap")).Kind);
        int deepest = instance.Call("deepest")[0].AsI32();
        Assert.True(deepest > 1000);
        int depth = deepest / 4;
        Assert.Equal(2 * depth, instance.Call("chain", depth)[0].AsI32());
        for (int near = deepest - 20; near < deepest + 2_000; near += 50)
        {
            try
            {
                Assert.Equal(2 * near, instance.Call("chain", near)[0].AsI32());
            }
            catch (TrapException trap)
            {
                Assert.Equal(TrapKind.StackExhausted, trap.Kind);
            }
        }
    }

    [Theory]
    [InlineData("(func (try_table (catch 5 0)))", "unknown tag 5")]
    [InlineData("(func (try_table (catch $e 7)))", "unknown label 7")]
    [InlineData("(func (try (do) (catch 5)))", "unknown tag 5")]
    [InlineData("(func (rethrow 0))", "invalid rethrow label")]
    [InlineData("(func (try (do) (catch $e)))", "type mismatch")]
    [InlineData("(func (result i32) (try_table (catch $e 1) (unreachable)))", "unknown label 1")]
    [InlineData("(func (throw_ref (i32.const 1)))", "type mismatch")]
    [InlineData("(func (throw $e))", "type mismatch: instruction requires [i32] but stack has []")]
    [InlineData("(tag (result i32))", "non-empty tag result type")]
    [InlineData("(export \"x\" (tag 9))", "unknown tag 9")]
    public void Mistakes_are_named(string field, string message)
    {
        InvalidModuleException error = Assert.Throws<InvalidModuleException>(() => Guest.Load($"(module (tag $e (param i32)) {field})"));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(tag)", WasmFeatures.Exceptions)]
    [InlineData("(import \"a\" \"b\" (tag))", WasmFeatures.Exceptions)]
    [InlineData("(func (param exnref))", WasmFeatures.Exceptions)]
    [InlineData("(func (try_table))", WasmFeatures.Exceptions)]
    [InlineData("(func (try (do) (catch_all)))", WasmFeatures.LegacyExceptions)]
    public void Features_that_are_off_are_named(string field, WasmFeatures feature)
    {
        WasmEngine engine = new(new WasmEngineOptions { Features = WasmFeatures.All & ~(feature | WasmFeatures.LegacyExceptions) });
        MalformedModuleException error = Assert.Throws<MalformedModuleException>(() => Guest.Load($"(module {field})", engine));
        Assert.Matches("not enabled", error.Message);
    }
}
