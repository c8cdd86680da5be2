using Atoll.Wasm.Binary;

namespace Atoll.Spec.Tests;

/// <summary>Whether two binaries are the same module but for the encoding of numbers and for custom sections.</summary>
internal static class ModuleComparison
{
    public static void AssertSame(ModuleDefinition expected, ModuleDefinition actual)
    {
        Assert.Equal(expected.Types, actual.Types);
        Assert.Equal(expected.Imports, actual.Imports);
        Assert.Equal(expected.Functions, actual.Functions);
        Assert.Equal(expected.Memories, actual.Memories);
        Assert.Equal(expected.Tags, actual.Tags);
        Assert.Equal(expected.Exports, actual.Exports);
        Assert.Equal(expected.Start, actual.Start);
        Assert.Equal(expected.Tables.Select(table => table.Type), actual.Tables.Select(table => table.Type));
        Assert.Equal(expected.Globals.Select(global => global.Type), actual.Globals.Select(global => global.Type));
        Assert.Equal(expected.Bodies.Length, actual.Bodies.Length);
        Assert.Equal(expected.Elements.Length, actual.Elements.Length);
        Assert.Equal(expected.Data.Length, actual.Data.Length);
        Pairs(expected.Tables, actual.Tables, (left, right) => AssertCode(expected, left.Initializer ?? default, actual, right.Initializer ?? default));
        Pairs(expected.Globals, actual.Globals, (left, right) => AssertCode(expected, left.Initializer, actual, right.Initializer));
        Pairs(expected.Elements, actual.Elements, (left, right) =>
        {
            Assert.Equal((left.Mode, left.Table, left.Type, left.Count), (right.Mode, right.Table, right.Type, right.Count));
            Assert.Equal(left.FunctionIndices, right.FunctionIndices);
            AssertCode(expected, left.Offset, actual, right.Offset);
            Pairs(left.Expressions ?? [], right.Expressions ?? [], (a, b) => AssertCode(expected, a, actual, b));
        });
        Pairs(expected.Data, actual.Data, (left, right) =>
        {
            Assert.Equal((left.Mode, left.Memory), (right.Mode, right.Memory));
            AssertCode(expected, left.Offset, actual, right.Offset);
            Assert.True(Bytes(expected, left.Content).SequenceEqual(Bytes(actual, right.Content)), "data segments differ");
        });
        Pairs(expected.Bodies, actual.Bodies, (left, right) =>
        {
            Assert.Equal(Locals(left), Locals(right));
            AssertCode(expected, left.Code, actual, right.Code);
        });
    }

    private static void Pairs<T>(T[] left, T[] right, Action<T, T> check)
    {
        for (int i = 0; i < left.Length; i++)
        {
            check(left[i], right[i]);
        }
    }

    private static ReadOnlySpan<byte> Bytes(ModuleDefinition module, ByteRange range) => module.Bytes.AsSpan(range.Start, range.Length);

    /// <summary>Runs of one type may be cut differently.</summary>
    private static IEnumerable<Wasm.ValueType> Locals(FunctionBody body) => body.Locals.SelectMany(run => Enumerable.Repeat(run.Type, run.Count));

    private static void AssertCode(ModuleDefinition expected, ByteRange left, ModuleDefinition actual, ByteRange right)
    {
        if (!Bytes(expected, left).SequenceEqual(Bytes(actual, right)))
        {
            Assert.Equal(Numbers(expected, left), Numbers(actual, right));
        }
    }

    /// <summary>Codes and immediates as numbers, whatever number of bytes they were written in.</summary>
    private static List<ulong> Numbers(ModuleDefinition module, ByteRange code)
    {
        List<ulong> numbers = [];
        var reader = new WasmReader(module.Bytes, code.Start, code.End);
        while (!reader.AtEnd)
        {
            Opcode opcode = reader.ReadOpcode();
            numbers.Add((ulong)opcode);
            Assert.True(Instructions.TryGet(opcode, out Instruction instruction));
            var skip = reader;
            skip.SkipImmediate(instruction.Immediate);
            switch (instruction.Immediate)
            {
                case ImmediateKind.F32 or ImmediateKind.F64 or ImmediateKind.V128 or ImmediateKind.Shuffle or ImmediateKind.Lane or ImmediateKind.Fence:
                    break;
                case ImmediateKind.Memory or ImmediateKind.AtomicMemory or ImmediateKind.MemoryLane:
                    (int alignment, uint memory, ulong offset) = reader.ReadMemoryArgument();
                    numbers.AddRange([(ulong)alignment, memory, offset]);
                    break;
                case ImmediateKind.I32 or ImmediateKind.I64 or ImmediateKind.BlockType or ImmediateKind.HeapType or ImmediateKind.CastHeapType:
                    numbers.Add((ulong)reader.ReadVarS64());
                    break;
                default:
                    while (reader.Position < skip.Position)
                    {
                        numbers.Add(reader.ReadVarU64());
                    }

                    break;
            }

            // What is left has one encoding only.
            numbers.AddRange(reader.ReadBytes(skip.Position - reader.Position).ToArray().Select(value => (ulong)value));
        }

        return numbers;
    }
}
