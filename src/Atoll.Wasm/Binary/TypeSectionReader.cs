using System.Collections.Immutable;

namespace Atoll.Wasm.Binary;

/// <summary>Reads the type section (specification, "Binary Format / Type Section") and gives each type the object that stands for all equal ones.</summary>
internal static class TypeSectionReader
{
    private const int Recursive = 0x4E;
    private const int SubFinal = 0x4F;
    private const int Sub = 0x50;
    private const int Array = 0x5E;
    private const int Struct = 0x5F;
    private const int Function = 0x60;

    /// <summary>Reads one recursion group and appends its types.</summary>
    public static void ReadGroup(ref WasmReader reader, ModuleLimits limits)
    {
        List<DefinedType> types = reader.Types!;
        int start = reader.Position;
        int count = 1;
        if (reader.PeekByte() == Recursive)
        {
            RequireGarbageCollection(reader, Recursive, start);
            reader.Position++;
            count = (int)reader.ReadCount();
        }

        if (types.Count + (long)count > limits.MaxTypes)
        {
            throw new MalformedModuleException($"too many types: {types.Count + (long)count}, the limit is {limits.MaxTypes}", start);
        }

        // Members may refer to each other, so they exist before they are defined.
        int first = types.Count;
        RecursionGroup group = new(count);
        types.AddRange(group.Types);
        for (int i = 0; i < count; i++)
        {
            ReadSubtype(ref reader, types, first + i, limits);
        }

        RecursionGroup interned = TypeRegistry.Intern(group);
        for (int i = 0; i < count; i++)
        {
            types[first + i] = interned.Types[i];
        }
    }

    private static void ReadSubtype(ref WasmReader reader, List<DefinedType> types, int index, ModuleLimits limits)
    {
        int start = reader.Position;
        byte form = reader.ReadByte();
        bool isFinal = form != Sub;
        DefinedType? super = null;
        if (form is Sub or SubFinal)
        {
            RequireGarbageCollection(reader, form, start);
            super = ReadSuper(ref reader, types, index);
            form = reader.ReadByte();
        }

        DefinedType type = types[index];
        switch (form)
        {
            case Function:
                type.Define(isFinal, super, CompositeKind.Function, reader.ReadFunctionType(limits), []);
                break;
            case Struct:
                RequireGarbageCollection(reader, form, start);
                type.Define(isFinal, super, CompositeKind.Struct, null, ReadFields(ref reader, limits));
                break;
            case Array:
                RequireGarbageCollection(reader, form, start);
                type.Define(isFinal, super, CompositeKind.Array, null, [reader.ReadFieldType()]);
                break;
            default:
                throw new MalformedModuleException($"malformed definition type 0x{form:x2}", start);
        }
    }

    private static DefinedType? ReadSuper(ref WasmReader reader, List<DefinedType> types, int index)
    {
        int start = reader.Position;
        uint count = reader.ReadCount();
        if (count == 0)
        {
            return null;
        }

        if (count > 1)
        {
            throw new InvalidModuleException($"sub type {index} has {count} supertypes, there can be one", start);
        }

        uint super = reader.ReadVarU32();
        if (super >= (uint)index)
        {
            throw new InvalidModuleException($"unknown type {super}: a supertype stands before its sub type {index}", start);
        }

        return types[(int)super].Depth < DefinedType.MaximumDepth
            ? types[(int)super]
            : throw new InvalidModuleException($"sub type {index} has more than {DefinedType.MaximumDepth} supertypes above each other", start);
    }

    private static ImmutableArray<FieldType> ReadFields(ref WasmReader reader, ModuleLimits limits)
    {
        int start = reader.Position;
        uint count = reader.ReadCount();
        if (count > (uint)limits.MaxFields)
        {
            throw new MalformedModuleException($"too many fields: {count}, the limit is {limits.MaxFields}", start);
        }

        ImmutableArray<FieldType>.Builder fields = ImmutableArray.CreateBuilder<FieldType>((int)count);
        for (uint i = 0; i < count; i++)
        {
            fields.Add(reader.ReadFieldType());
        }

        return fields.MoveToImmutable();
    }

    private static void RequireGarbageCollection(in WasmReader reader, int form, int offset)
    {
        if (!reader.Has(WasmFeatures.GarbageCollection))
        {
            throw new MalformedModuleException($"malformed definition type 0x{form:x2}: recursive, struct, array and sub types are not enabled", offset);
        }
    }
}
