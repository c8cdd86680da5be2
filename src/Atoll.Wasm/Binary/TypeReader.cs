using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Atoll.Wasm.Binary;

/// <summary>Reads types (specification, "Binary Format / Types"); shared by decoder, validator and compiler.</summary>
internal static partial class TypeReader
{
    private const int EmptyBlock = 0x40;

    private static readonly FunctionType Empty = new([], []);

    // By code, made at the first use; racing threads make equal ones.
    private static readonly FunctionType?[] SingleResults = new FunctionType?[256];

    /// <summary>Reads a value type (specification, "Binary Format / Value Types").</summary>
    /// <exception cref="InvalidModuleException">It refers to a type that the module does not have.</exception>
    public static ValueType ReadValueType(this ref WasmReader reader)
    {
        int start = reader.Position;
        byte code = reader.ReadByte();
        if (code is >= 0x7C and <= 0x7F || (code == 0x7B && reader.Has(WasmFeatures.Simd)))
        {
            return new ValueType(code);
        }

        reader.Position = start;
        return code is 0x63 or 0x64 or (>= 0x69 and <= 0x74)
            ? reader.ReadReferenceType()
            : throw new MalformedModuleException($"malformed value type 0x{code:x2}{(code == 0x7B ? ": vectors are not enabled" : "")}", start);
    }

    public static ValueType ReadReferenceType(this ref WasmReader reader)
    {
        int start = reader.Position;
        byte code = reader.ReadByte();
        if (code is not (0x63 or 0x64))
        {
            return AbstractType(reader, code, start, "malformed reference type");
        }

        ValueType type = reader.ReadHeapType();
        if (!reader.Has(WasmFeatures.FunctionReferences) && (code == 0x64 || type.IsDefined))
        {
            throw new MalformedModuleException($"malformed reference type 0x{code:x2}: typed references are not enabled", start);
        }

        return code == 0x63 ? type : type.WithoutNull;
    }

    /// <summary>Reads a heap type, as the reference type that has null.</summary>
    public static ValueType ReadHeapType(this ref WasmReader reader)
    {
        int start = reader.Position;
        long code = reader.ReadVarS33();
        if (code >= 0)
        {
            return ValueType.ReferenceTo(reader.TypeAt(code, start), isNullable: true);
        }

        return reader.Position == start + 1 ? AbstractType(reader, (int)code & 0x7F, start, "malformed heap type") : throw new MalformedModuleException("malformed heap type", start);
    }

    /// <summary>Reads the index of a defined type.</summary>
    public static DefinedType ReadTypeIndex(this ref WasmReader reader)
    {
        int start = reader.Position;
        return reader.TypeAt(reader.ReadVarU32(), start);
    }

    private static DefinedType TypeAt(this in WasmReader reader, long index, int offset) => reader.Types is { } types && index < types.Count
        ? types[(int)index]
        : throw new InvalidModuleException($"unknown type {index}", offset);

    private static ValueType AbstractType(in WasmReader reader, int code, int offset, string error)
    {
        WasmFeatures needed = code switch
        {
            0x70 or 0x6F => WasmFeatures.None,
            0x69 or 0x74 => WasmFeatures.Exceptions,
            >= 0x6A and <= 0x73 => WasmFeatures.GarbageCollection,
            _ => throw new MalformedModuleException($"{error} 0x{code:x2}", offset),
        };
        return reader.Has(needed) ? new ValueType(code) : throw new MalformedModuleException($"{error} 0x{code:x2}: {needed} is not enabled", offset);
    }

    /// <summary>Steps over a value type without looking at what it refers to.</summary>
    public static void SkipValueType(this ref WasmReader reader)
    {
        if (reader.ReadByte() is 0x63 or 0x64)
        {
            reader.ReadVarS33();
        }
    }

    public static FunctionType ReadFunctionType(this ref WasmReader reader, ModuleLimits limits)
    {
        ImmutableArray<ValueType> parameters = reader.ReadValueTypes(limits.MaxParameters, "parameters");
        ImmutableArray<ValueType> results = reader.ReadValueTypes(limits.MaxResults, "results");
        return new FunctionType(parameters, results);
    }

    public static FieldType ReadFieldType(this ref WasmReader reader)
    {
        ValueType storage;
        if (reader.PeekByte() is 0x77 or 0x78)
        {
            storage = new ValueType(reader.ReadByte());
        }
        else
        {
            storage = reader.ReadValueType();
        }

        return new FieldType(storage, reader.ReadMutability());
    }

    public static GlobalType ReadGlobalType(this ref WasmReader reader)
    {
        ValueType type = reader.ReadValueType();
        return new GlobalType(type, reader.ReadMutability());
    }

    private static bool ReadMutability(this ref WasmReader reader)
    {
        int start = reader.Position;
        byte mutability = reader.ReadByte();
        return mutability <= 1 ? mutability == 1 : throw new MalformedModuleException($"malformed mutability 0x{mutability:x2}", start);
    }

    /// <summary>Reads a block type (specification, "Control Instructions"); null with the index when no function type has it.</summary>
    public static FunctionType? ReadBlockType(this ref WasmReader reader, out long typeIndex)
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
            ValueType type = reader.ReadValueType();
            return type.IsDefined ? DefinedType.Find(type.DefinedId)!.AsResult(type.IsNullable) : SingleResults[type.Code] ??= new FunctionType([], [type]);
        }

        int start = reader.Position;
        typeIndex = reader.ReadVarS33();
        if (typeIndex < 0)
        {
            throw new MalformedModuleException("malformed block type", start);
        }

        return reader.Types is { } types && typeIndex < types.Count ? types[(int)typeIndex].Function : null;
    }

    public static void SkipBlockType(this ref WasmReader reader)
    {
        if ((reader.PeekByte() & 0xC0) == 0x40)
        {
            reader.SkipValueType();
        }
        else
        {
            reader.ReadVarS33();
        }
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
}
