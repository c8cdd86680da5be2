using System.Text;
using Atoll.Wasm.Interpretation;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>Cold code of functions that nobody writes: it must not take much more time or memory than the function itself.</summary>
public sealed class ColdTranslatorTests
{
    private const int Operands = 900;

    [Fact]
    public void ATableOfBranchesThatAllCopyIsLeftToTheCompiler()
    {
        // A few bytes for each of the branches, a move for each of the operands: nine million moves in all.
        const int blocks = 9_900;
        string targets = string.Join(' ', Enumerable.Range(0, blocks));
        string begins = string.Concat(Enumerable.Repeat("block $t\n", blocks));
        string ends = string.Concat(Enumerable.Repeat("end\n", blocks));
        Assert.True(BytesFor(begins, $"local.get 0 br_table {targets}", ends, out bool isCold) < 10 << 20);
        Assert.False(isCold);
    }

    [Fact]
    public void BranchesThatCopyAreLeftToTheCompiler()
    {
        string branches = string.Concat(Enumerable.Repeat("local.get 0 br_if 0\n", 2_000));
        Assert.True(BytesFor("block $t\n", "i32.const 7 drop\n" + branches, "end\n", out bool isCold) < 10 << 20);
        Assert.False(isCold);
    }

    [Fact]
    public void OrdinaryCodeIsNot()
    {
        string body = string.Concat(Enumerable.Repeat("local.get 0 local.get 0 i32.mul local.set 0 block local.get 0 br_if 0 end\n", 1_000));
        Assert.True(BytesFor("block $t\n", body, "end\n", out bool isCold) < 10 << 20);
        Assert.True(isCold);
    }

    /// <summary>Translates a function with some operands on the stack and its code around them; returns the bytes that were allocated.</summary>
    private static long BytesFor(string before, string body, string after, out bool isCold)
    {
        string operands = string.Concat(Enumerable.Repeat("i32.const 1\n", Operands));
        string types = string.Concat(Enumerable.Repeat(" i32", Operands));
        StringBuilder text = new();
        text.Append($"(module (type $type (func (result{types}))) (func (param i32)\n");
        text.Append(before.Replace("$t", "(type $type)", StringComparison.Ordinal)).Append(operands).Append(body).Append('\n').Append(after);
        text.Append(string.Concat(Enumerable.Repeat("drop\n", Operands))).Append("))");
        WasmModule module = Guest.Load(text.ToString(), new WasmEngine(new WasmEngineOptions { EagerCodeBytes = 0 }));
        ColdTranslator translator = new(module.Definition, static _ => false, 0, deterministic: false);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        isCold = translator.Translate(0) is not null;
        return GC.GetAllocatedBytesForCurrentThread() - allocated;
    }
}
