using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Atoll.Wasm.Binary;

/// <summary>Reads types (specification, "Binary Format / Types"); shared by decoder, validator and compiler.</summary>
internal static partial class TypeReader
{
    private const int EmptyBlock = 0x40;

    private static readonly FunctionType Empty = new([], []);
    private static readonly FunctionType?[] SingleResults = MakeSingleResults();

    /// <summary>Whether the byte stands for a value type that this engine has, and which.</summary>
    private static bool TryValueType(int code, out ValueType type)
    {
        type = new ValueType(code);
        return code is (>= 0x7B and <= 0x7F) || IsAbstractHeap(code);
    }

    private static bool IsAbstractHeap(int code) => code is 0x70 or 0x6F or 0x69;

    private static bool IsEnabled(ref WasmReader reader, ValueType type) =>
        (!type.IsVector || (reader.Features & WasmFeatures.Simd) != 0) && (type != ValueType.ExnRef || (reader.Features & WasmFeatures.Exceptions) != 0);

    public static ValueType ReadValueType(this ref WasmReader reader)
    {
        int start = reader.Position;
        byte code = reader.ReadByte();
        if (TryValueType(code, out ValueType type) && IsEnabled(ref reader, type))
        {
            return type;
        }

        if (code is 0x63 or 0x64)
        {
            reader.Position = start;
            return reader.ReadReferenceType();
        }

        throw new MalformedModuleException($"malformed value type 0x{code:x2}{Explain(code)}", start);
    }

    public static ValueType ReadReferenceType(this ref WasmReader reader)
    {
        int start = reader.Position;
        byte code = reader.ReadByte();
        if (code == 0x63 && !reader.AtEnd && IsAbstractHeap(reader.PeekByte()))
        {
            // "ref null func" and its like written out are the same types as their short forms.
            code = reader.ReadByte();
        }

        if (IsAbstractHeap(code) && IsEnabled(ref reader, new ValueType(code)))
        {
            return new ValueType(code);
        }

        throw new MalformedModuleException($"malformed reference type 0x{code:x2}{Explain(code)}", start);
    }

    /// <summary>The type of <c>ref.null</c>.</summary>
    public static ValueType ReadHeapType(this ref WasmReader reader)
    {
        int start = reader.Position;
        long code = reader.ReadVarS33() & 0x7F;
        if (IsAbstractHeap((int)code) && reader.Position == start + 1 && IsEnabled(ref reader, new ValueType((int)code)))
        {
            return new ValueType((int)code);
        }

        throw new MalformedModuleException("malformed heap type: only func, extern and exn exist, and exn must be enabled", start);
    }

    public static FunctionType ReadFunctionType(this ref WasmReader reader, ModuleLimits limits)
    {
        int start = reader.Position;
        byte form = reader.ReadByte();
        if (form != 0x60)
        {
            string hint = form is 0x4E or 0x4F or 0x50 or 0x5E or 0x5F ? ": recursive, struct, array and sub types are not enabled" : "";
            throw new MalformedModuleException($"malformed definition type 0x{form:x2}{hint}", start);
        }

        ImmutableArray<ValueType> parameters = reader.ReadValueTypes(limits.MaxParameters, "parameters");
        ImmutableArray<ValueType> results = reader.ReadValueTypes(limits.MaxResults, "results");
        return new FunctionType(parameters, results);
    }

    public static GlobalType ReadGlobalType(this ref WasmReader reader)
    {
        ValueType type = reader.ReadValueType();
        int start = reader.Position;
        byte mutability = reader.ReadByte();
        return mutability <= 1
            ? new GlobalType(type, mutability == 1)
            : throw new MalformedModuleException($"malformed mutability 0x{mutability:x2}", start);
    }

    /// <summary>Reads a block type (specification, "Control Instructions"); null with the index when the type section has no such entry.</summary>
    public static FunctionType? ReadBlockType(this ref WasmReader reader, FunctionType[] types, out long typeIndex)
    {
        typeIndex = -1;
        byte code = reader.PeekByte();
        if (code == EmptyBlock)
        {
            reader.Position++;
            return Empty;
        }

        if ((code & 0xC0) == 0x40)
        {
            return SingleResults[reader.ReadValueType().Code];
        }

        int start = reader.Position;
        typeIndex = reader.ReadVarS33();
        if (typeIndex < 0)
        {
            throw new MalformedModuleException("malformed block type", start);
        }

        return typeIndex < types.Length ? types[typeIndex] : null;
    }

    private static ImmutableArray<ValueType> ReadValueTypes(this ref WasmReader reader, int maximum, string what)
    {
        int start = reader.Position;
        uint count = reader.ReadVarU32();
        if (count == 0)
        {
            return [];
        }

        if (count > (uint)maximum)
        {
            throw new MalformedModuleException(count > (uint)reader.ModuleRemaining ? "length out of bounds" : $"too many {what}: {count}, the limit is {maximum}", start);
        }

        var types = new ValueType[count];
        for (int i = 0; i < types.Length; i++)
        {
            types[i] = reader.ReadValueType();
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(types);
    }

    private static string Explain(byte code) => code switch
    {
        0x7B => ": vectors are not enabled",
        0x63 or 0x64 => ": typed references are not enabled",
        0x69 => ": exception handling is not enabled",
        0x65 or (>= 0x6A and <= 0x74) => ": reference types other than funcref and externref are not enabled",
        _ => "",
    };

    private static FunctionType?[] MakeSingleResults()
    {
        var all = new FunctionType?[128];
        for (int code = 0; code < all.Length; code++)
        {
            if (TryValueType(code, out ValueType type))
            {
                all[code] = new FunctionType([], [type]);
            }
        }

        return all;
    }
}
