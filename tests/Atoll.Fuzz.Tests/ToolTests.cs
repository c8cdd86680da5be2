using Atoll.Fuzz.Generation;
using Atoll.Fuzz.Running;
using Atoll.Reference;
using Atoll.Reference.Comparison;
using Atoll.Wasm;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Text;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Fuzz.Tests;

/// <summary>The fuzzer's own parts: a comparison that finds nothing proves nothing unless it could have found something.</summary>
public sealed class ToolTests
{
    [Fact]
    public void The_same_seed_makes_the_same_module()
    {
        Choices first = new(7);
        byte[] module = ModuleGenerator.Write(first);
        Assert.Equal(module, ModuleGenerator.Write(new Choices(7)));
        Assert.Equal(module, ModuleGenerator.Write(new Choices(first.Recorded)));
        Assert.NotEqual(module, ModuleGenerator.Write(new Choices(8)));
    }

    [Fact]
    public void Any_list_of_choices_makes_a_valid_module()
    {
        WasmEngine engine = new(new WasmEngineOptions { Features = WasmFeatures.All });
        Choices choices = new(99);
        for (int i = 0; i < 200; i++)
        {
            uint[] list = [.. Enumerable.Range(0, choices.Pick(400)).Select(_ => choices.Next())];
            engine.Validate(ModuleGenerator.Write(new Choices(list)));
        }
    }

    [Fact]
    public void All_instructions_are_generated()
    {
        HashSet<Opcode> seen = [];
        for (ulong seed = 0; seed < 600; seed++)
        {
            ModuleDefinition module = ModuleDecoder.Decode(ModuleGenerator.Write(new Choices(seed)), ModuleLimits.Default, WasmFeatures.All);
            foreach (FunctionBody body in module.Bodies)
            {
                seen.UnionWith(FunctionCode.DecodeSteps(module, body.Code).Select(step => step.Opcode));
            }
        }

        Assert.Equal("", string.Join(' ', Instructions.All.Where(row => !seen.Contains(row.Opcode)).Select(row => row.Mnemonic)));
    }

    [Fact]
    public void A_reduced_case_is_as_small_as_it_can_be()
    {
        uint[] choices = [.. Enumerable.Range(1, 200).Select(i => (uint)i)];
        uint[] reduced = Reducer.Reduce(choices, candidate => candidate.Contains(70u) && candidate.Contains(150u));
        Assert.Equal([70u, 150u], reduced);
    }

    [Theory]
    [InlineData("(i32.const 1)", "(i32.const 2)", "interpreted")]
    [InlineData("(i32.div_u (i32.const 1) (i32.const 0))", "(i32.const 2)", "IntegerDivideByZero")]
    [InlineData("(i32.div_u (i32.const 1) (i32.const 0))", "(unreachable)", "IntegerDivideByZero")]
    [InlineData("(global.set $g (i32.const 1)) (i32.const 0)", "(i32.const 0)", "global")]
    [InlineData("(i32.store (i32.const 9) (i32.const 1)) (i32.const 0)", "(i32.const 0)", "memory")]
    [InlineData("(drop (memory.grow (i32.const 1))) (i32.const 0)", "(i32.const 0)", "memory")]
    [InlineData("(table.set (i32.const 1) (ref.func $f)) (i32.const 0)", "(i32.const 0)", "table")]
    public void Differences_are_seen(string reference, string engine, string word)
    {
        Interpreter interpreter = new();
        ModuleInstance left = interpreter.Instantiate(Load(reference).Definition, _ => null);
        WasmModule module = Load(engine);
        using Store store = new(module.Engine);
        PairInstance pair = new(left, new Linker(module.Engine).Instantiate(store, module));
        string? difference = Outcome.Difference(Try(() => interpreter.Invoke((FunctionInstance)left.Export("f")!)), Try(() =>
            Array.ConvertAll(pair.Engine.GetFunction("f")!.Invoke(), Values.FromEngine))) ?? Pair.CompareState(pair);
        Assert.Contains(word, difference);
    }

    [Fact]
    public void Nan_is_nan_but_quiet_is_not_signalling()
    {
        Assert.True(Values.Same(Slot.F32(0x7FC0_0000), Slot.F32(0xFFC0_1234)));
        Assert.False(Values.Same(Slot.F32(0x7FC0_0000), Slot.F32(0x7F80_0001)));
        Assert.False(Values.Same(Slot.F32(0), Slot.F32(0x8000_0000)));
        Assert.False(Values.Same(Slot.F32(0), Slot.I32(0)));
        Assert.True(Values.Same(Slot.V128(new UInt128(0x7FF8_0000_0000_0000, 1)), Slot.V128(new UInt128(0xFFF8_0000_0000_0000, 1))));
        Assert.False(Values.Same(Slot.V128(new UInt128(0x7FF8_0000_0000_0000, 1)), Slot.V128(new UInt128(0x7FF8_0000_0000_0000, 2))));
    }

    [Theory]
    [InlineData("--minutes", "5", "--seed", "0x10")]
    [InlineData("--cases", "3", "--kind", "module", "--no-reduce")]
    public void Options_are_understood(params string[] arguments) => Assert.NotNull(FuzzOptions.Parse(arguments));

    [Theory]
    [InlineData("--minutes")]
    [InlineData("--minutes", "-1")]
    [InlineData("--seed", "x")]
    [InlineData("5")]
    public void Other_options_are_not(params string[] arguments) => Assert.Null(FuzzOptions.Parse(arguments));

    private static WasmModule Load(string body) => new WasmEngine().LoadModule(WatText.ToBinary(
        $"(module (memory (export \"m\") 1) (table (export \"t\") 2 funcref) (global $g (export \"g\") (mut i32) (i32.const 0)) (func $f (export \"f\") (result i32) {body}))"));

    private static Outcome Try(Func<Slot[]> action)
    {
        try
        {
            return Outcome.Of(action());
        }
        catch (Exception exception)
        {
            return Outcome.Of(exception);
        }
    }
}
