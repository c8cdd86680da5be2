namespace Atoll.Wasm.Tests.Execution;

/// <summary>What the official suite does not aim at: how the compiler keeps values while control flows around them.</summary>
public class InstructionTests
{
    [Fact]
    public void RecursionComputes()
    {
        Instance instance = Guest.Run("""
            (module (func $fib (export "fib") (param i32) (result i32)
              (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
                (then (local.get 0))
                (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2))))))))
            """);
        Assert.Equal(6765, instance.Call("fib", 20)[0].AsI32());
        Assert.Equal(55, instance.GetFunction("fib")!.ToDelegate<Func<int, int>>()(10));
    }

    [Fact]
    public void BitsOfANarrowLoadBecomeAFloatWithoutTheirNeighbours()
    {
        // The last two bytes of the memory: four would not be there.
        Instance instance = Guest.Run("""
            (module (memory 1) (data (i32.const 65532) "\11\22\80\8b") (global $g (mut i32) (i32.const 0x65f18b80))
              (func (export "u8") (param i32) (result f32) (f32.reinterpret_i32 (i32.load8_u (local.get 0))))
              (func (export "s8") (param i32) (result f32) (f32.reinterpret_i32 (i32.load8_s (local.get 0))))
              (func (export "u16") (param i32) (result f32) (f32.reinterpret_i32 (i32.load16_u (local.get 0))))
              (func (export "s16") (param i32) (result f32) (f32.reinterpret_i32 (i32.load16_s (local.get 0))))
              (func (export "local") (param i32) (result f32) (local $n i32)
                (local.set $n (i32.load8_u (local.get 0))) (local.set 0 (i32.const 0)) (f32.reinterpret_i32 (local.get $n)))
              (func (export "global") (param i32) (result f32) (f32.reinterpret_i32 (i32.extend16_s (global.get $g)))))
            """);
        Assert.Equal(
            [0x80, 0xFFFF_FF80, 0x8B80, 0xFFFF_8B80, 0x80, 0xFFFF_8B80],
            new[] { "u8", "s8", "u16", "s16", "local", "global" }.Select(name => instance.Call(name, Value.I32(65534))[0].AsF32Bits()));
    }

    [Theory]
    [InlineData("(f32.reinterpret_i32 (i32.const 0xff899ac7))")]
    [InlineData("(local.set $i (i32.const 0x7f899ac7)) (f32.reinterpret_i32 (i32.or (local.get $i) (i32.const 0x80000000)))")]
    [InlineData("(f32x4.extract_lane 0 (v128.const i32x4 0xff899ac7 0 0 0))")]
    [InlineData("(f32x4.extract_lane 1 (v128.const i32x4 0 0xff899ac7 0 0))")]
    [InlineData("(f32x4.extract_lane 2 (i32x4.splat (i32.const 0xff899ac7)))")]
    [InlineData("(local.set $v (v128.const i32x4 0 0 0 0xff899ac7)) (f32x4.extract_lane 3 (local.get $v))")]
    [InlineData("(f32x4.extract_lane 1 (f32x4.splat (f32x4.extract_lane 3 (v128.const i32x4 0 0 0 0xff899ac7))))")]
    public void AConstantThatIsASignallingNanStaysOne(string value)
    {
        Instance instance = Guest.Run($"""(module (func (export "f") (result f32) (local $i i32) (local $v v128) {value}))""");
        Assert.Equal(0xFF89_9AC7, instance.Call("f")[0].AsF32Bits());
    }

    [Theory]
    [InlineData("f32", "min", "-0", 0.0, true)]
    [InlineData("f32", "min", "0", -0.0, true)]
    [InlineData("f32", "max", "-0", 0.0, false)]
    [InlineData("f32", "max", "0", -0.0, false)]
    [InlineData("f64", "min", "-0", 0.0, true)]
    [InlineData("f64", "min", "0", -0.0, true)]
    [InlineData("f64", "max", "-0", 0.0, false)]
    [InlineData("f64", "max", "0", -0.0, false)]
    public void TheSmallerOfTwoZerosIsTheNegativeOne(string type, string instruction, string constant, double argument, bool isNegative)
    {
        Instance instance = Guest.Run($"""
            (module
              (func (export "left") (param {type}) (result {type}) ({type}.{instruction} ({type}.const {constant}) (local.get 0)))
              (func (export "right") (param {type}) (result {type}) ({type}.{instruction} (local.get 0) ({type}.const {constant})))
              (func (export "local") (param {type}) (result {type}) (local $zero {type})
                (local.set $zero ({type}.neg ({type}.neg ({type}.const {constant})))) ({type}.{instruction} (local.get $zero) (local.get 0))))
            """);
        Value value = type == "f32" ? Value.F32((float)argument) : Value.F64(argument);
        foreach (string name in new[] { "left", "right", "local" })
        {
            Value result = instance.Call(name, value)[0];
            Assert.Equal(isNegative, type == "f32" ? float.IsNegative(result.AsF32()) : double.IsNegative(result.AsF64()));
        }
    }

    [Theory]
    [InlineData("f32", "(f32.min (f32.const nan:0x99ac7) (f32.const -0))")]
    [InlineData("f32", "(f32.max (f32.const -0) (f32.const nan:0x99ac7))")]
    [InlineData("f64", "(f64.min (f64.const nan:0x162a009d) (f64.const -0))")]
    [InlineData("f64", "(f64.max (f64.const -0) (f64.const nan:0x162a009d))")]
    public void ASignallingNanIsQuietWhenComparedWithNegativeZero(string type, string value)
    {
        Value result = Guest.Run($"""(module (func (export "f") (result {type}) {value}))""").Call("f")[0];
        Assert.True(type == "f32" ? (result.AsF32Bits() & 0x7FC0_0000) == 0x7FC0_0000 : (result.AsF64Bits() & 0x7FF8_0000_0000_0000) == 0x7FF8_0000_0000_0000);
    }

    [Fact]
    public void ALocalsOldValueSurvivesItsChange()
    {
        Instance instance = Guest.Run("""
            (module (func (export "f") (param i32) (result i32)
              local.get 0
              i32.const 5
              local.set 0
              local.get 0
              i32.const 10
              i32.mul
              i32.add))
            """);
        Assert.Equal(57, instance.Call("f", 7)[0].AsI32());
    }

    [Fact]
    public void ALocalsOldValueSurvivesAChangeInOneArm()
    {
        Instance instance = Guest.Run("""
            (module (func (export "f") (param i32 i32) (result i32)
              local.get 0
              local.get 1
              if
                i32.const 5
                local.set 0
              end
              local.get 0
              i32.const 10
              i32.mul
              i32.add))
            """);
        Assert.Equal(57, instance.Call("f", 7, 1)[0].AsI32());
        Assert.Equal(77, instance.Call("f", 7, 0)[0].AsI32());
    }

    [Fact]
    public void LoopParametersChangePlaces()
    {
        Instance instance = Guest.Run("""
            (module (func (export "f") (param $n i32) (result i32 i32)
              i32.const 1
              i32.const 2
              loop (param i32 i32) (result i32 i32)
                (local.set $a) (local.set $b)
                local.get $a
                local.get $b
                local.get $n
                i32.const 1
                i32.sub
                local.tee $n
                br_if 0
              end)
              )
            """.Replace("(result i32 i32)\n  i32.const 1", "(result i32 i32) (local $a i32) (local $b i32)\n  i32.const 1"));
        Value[] one = instance.Call("f", 1);
        Assert.Equal((2, 1), (one[0].AsI32(), one[1].AsI32()));
        Value[] two = instance.Call("f", 2);
        Assert.Equal((1, 2), (two[0].AsI32(), two[1].AsI32()));
    }

    [Fact]
    public void IfTakesParameters()
    {
        Instance instance = Guest.Run("""
            (module (func (export "f") (param i32 i32) (result i32)
              (i32.add (local.get 0) (i32.const 1))
              local.get 0
              local.get 1
              if (param i32 i32) (result i32)
                i32.sub
              else
                i32.mul
              end)
              (func (export "g") (param i32) (result i32)
              i32.const 7
              local.get 0
              if (param i32) (result i32)
                i32.const 1
                i32.add
              end))
            """);
        Assert.Equal(1, instance.Call("f", 6, 1)[0].AsI32());
        Assert.Equal(42, instance.Call("f", 6, 0)[0].AsI32());
        Assert.Equal(8, instance.Call("g", 1)[0].AsI32());
        Assert.Equal(7, instance.Call("g", 0)[0].AsI32());
    }

    [Fact]
    public void MemoryChecksEachEdge()
    {
        Instance instance = Guest.Run("""
            (module (memory (export "memory") 1)
              (func (export "load") (param i32) (result i32) (i32.load offset=4 (local.get 0)))
              (func (export "store") (param i32 i64) (i64.store (local.get 0) (local.get 1)))
              (func (export "twice") (param i32) (result i32)
                (i32.add (i32.load (local.get 0)) (i32.load offset=65532 (local.get 0)))))
            """);
        instance.Call("store", 65528, 0x0000_0002_0000_0001L);
        Assert.Equal(2, instance.Call("load", 65528)[0].AsI32());
        Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("load", 65529)).Kind);
        Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("load", -1)).Kind);
        Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("store", -8, 1L)).Kind);
        Assert.Equal(2, instance.Call("twice", 0)[0].AsI32());
        Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => instance.Call("twice", 1)).Kind);
    }

    [Fact]
    public void HostFunctionsAreCalledAndTheirErrorsWrapped()
    {
        List<int> seen = [];
        Instance instance = Guest.Run(
            """
            (module (import "env" "add" (func $add (param i32 i32) (result i32))) (import "env" "fail" (func $fail))
              (memory (export "memory") 1)
              (func (export "f") (param i32) (result i32) (call $add (local.get 0) (i32.const 1)))
              (func (export "g") (call $fail)))
            """,
            link: (linker, _) => linker
                .DefineFunction("env", "add", (Caller caller, int a, int b) =>
                {
                    seen.Add((int)caller.Memory.Pages);
                    return a + b;
                })
                .DefineFunction("env", "fail", () => { throw new InvalidOperationException("no luck"); }));
        Assert.Equal(8, instance.Call("f", 7)[0].AsI32());
        Assert.Equal([1], seen);
        HostFunctionException failure = Assert.Throws<HostFunctionException>(() => instance.Call("g"));
        Assert.Equal("no luck", failure.InnerException!.Message);
        Assert.Equal(8, instance.Call("f", 7)[0].AsI32());
    }

    [Fact]
    public void AMultiplicationByOneMakesASignallingNanQuiet()
    {
        Instance instance = Guest.Run("""
            (module (func (export "f") (param f64) (result f64) (local f64)
              (local.set 1 (f64.const 1))
              (f64.mul (local.get 0) (local.get 1))))
            """);
        Assert.Equal(0x7ff8_0000_0000_0001UL, instance.Call("f", Value.F64Bits(0x7ff0_0000_0000_0001))[0].AsF64Bits());
    }

    [Fact]
    public void ASubtractionOfAnUnsetLocalMakesASignallingNanQuiet()
    {
        Instance instance = Guest.Run("(module (func (export \"f\") (param f32) (result f32) (local f32) (f32.sub (local.get 0) (local.get 1))))");
        Assert.Equal(0x7fc0_0001U, instance.Call("f", Value.F32Bits(0x7f80_0001))[0].AsF32Bits());
    }

    // A function that calls nothing keeps the lengths of its memories: growing one must change them all, in a loop and for each name it has.
    [Fact]
    public void AFunctionThatCallsNothingSeesItsMemoryGrow()
    {
        Store store = new(Guest.Engine);
        Instance owner = new Linker(Guest.Engine).Instantiate(store, Guest.Load("(module (memory (export \"m\") 1))"));
        Instance instance = new Linker(Guest.Engine).DefineInstance("a", owner).Instantiate(store, Guest.Load("""
            (module (import "a" "m" (memory $a 1)) (import "a" "m" (memory $b 1))
              (func (export "f") (param $pages i32) (result i32) (local $at i32)
                (i32.store $b (i32.const 0) (i32.const 5))
                (loop $next
                  (if (i32.eq (memory.grow $a (i32.const 1)) (i32.const -1)) (then (return (i32.const -1))))
                  (local.set $at (i32.add (local.get $at) (i32.const 65536)))
                  (i32.store $a (local.get $at) (i32.load $b (i32.sub (local.get $at) (i32.const 65536))))
                  (i32.store8 $b offset=65535 (local.get $at) (i32.const 1))
                  (br_if $next (i32.lt_u (local.get $at) (i32.mul (local.get $pages) (i32.const 65536)))))
                (i32.add (i32.load $b (local.get $at)) (i32.mul (memory.size $b) (i32.const 100)))))
            """));
        Assert.Equal(5 + (21 * 100), instance.Call("f", 20)[0].AsI32());
        Assert.Equal(21UL, owner.GetMemory("m")!.Pages);
    }

    [Fact]
    public void TrapsCarryTheGuestsStack()
    {
        Instance instance = Guest.Run("""
            (module $app
              (func $inner (param i32) (result i32) (if (local.get 0) (then (unreachable))) (i32.div_s (i32.const 1) (local.get 0)))
              (func $outer (export "outer") (param i32) (result i32) (call $inner (local.get 0))))
            """);
        TrapException unreachable = Assert.Throws<TrapException>(() => instance.Call("outer", 1));
        Assert.Equal(TrapKind.Unreachable, unreachable.Kind);
        Assert.Contains(unreachable.GuestStack, f => f.ToString() == "app!outer");
        Assert.Equal(TrapKind.IntegerDivideByZero, Assert.Throws<TrapException>(() => instance.Call("outer", 0)).Kind);
    }

    [Fact]
    public void AGlobalStartsAsAReferenceToAnImportedFunction()
    {
        const string Text = """
            (module
              (import "host" "seven" (func $seven (result i32)))
              (table 1 funcref)
              (global $f funcref (ref.func $seven))
              (func (export "f") (result i32)
                (table.set (i32.const 0) (global.get $f))
                (call_indirect (result i32) (i32.const 0))))
            """;
        Instance instance = Guest.Run(Text, link: (linker, _) => linker.DefineFunction("host", "seven", () => 7));
        Assert.Equal(7, instance.Call("f")[0].AsI32());
    }
}
