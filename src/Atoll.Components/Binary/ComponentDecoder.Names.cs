using Atoll.Components.Types;
using Atoll.Wasm.Binary;

namespace Atoll.Components.Binary;

/// <content>Sorts, aliases, names and the types of imports and exports.</content>
internal sealed partial class ComponentDecoder
{
    private const string ExternalKind = "component external kind";

    private static Sort ReadCoreSort(ref WasmReader reader, string what)
    {
        int start = reader.Position;
        byte sort = reader.ReadByte();
        return sort switch
        {
            <= 0x04 => Sort.CoreFunction + sort,
            0x10 => Sort.CoreType,
            0x11 => Sort.CoreModule,
            0x12 => Sort.CoreInstance,
            _ => throw Leading(sort, what, start),
        };
    }

    private static Sort ReadSort(ref WasmReader reader, string what)
    {
        int start = reader.Position;
        byte sort = reader.ReadByte();
        return sort switch
        {
            0x00 => ReadCoreSort(ref reader, what),
            <= 0x05 => Sort.Function + (sort - 1),
            _ => throw Leading(sort, what, start),
        };
    }

    /// <summary>Something that can be exported: of core WebAssembly, a module alone.</summary>
    private static SortIndex ReadSortIndex(ref WasmReader reader)
    {
        int start = reader.Position;
        Sort sort = ReadSort(ref reader, ExternalKind);
        return sort >= Sort.Function || sort == Sort.CoreModule
            ? new SortIndex(sort, ReadIndex(ref reader))
            : throw new MalformedComponentException($"invalid leading byte (0x0) for {ExternalKind}: {sort} is none", start);
    }

    private AliasEntry ReadAlias(ref WasmReader reader, CoreTypeScope scope)
    {
        int start = reader.Position;
        Sort sort = ReadSort(ref reader, "component outer alias kind");
        int targetOffset = reader.Position;
        byte target = reader.ReadByte();
        switch (target)
        {
            case 0 when sort >= Sort.Function || sort == Sort.CoreModule:
                int instance = ReadIndex(ref reader);
                return new AliasEntry { Offset = start, Sort = sort, Target = AliasTarget.Export, Instance = instance, Name = ReadName(ref reader) };
            case 1 when sort <= Sort.CoreTag:
                int core = ReadIndex(ref reader);
                return new AliasEntry { Offset = start, Sort = sort, Target = AliasTarget.CoreExport, Instance = core, Name = ReadName(ref reader) };
            case 2 when sort is Sort.CoreModule or Sort.CoreType or Sort.Type or Sort.Component:
                int count = ReadIndex(ref reader);
                int index = ReadIndex(ref reader);
                return new AliasEntry
                {
                    Offset = start,
                    Sort = sort,
                    Target = AliasTarget.Outer,
                    Instance = count,
                    Index = index,
                    CoreType = sort == Sort.CoreType ? AddOuterCoreType(scope, count, index, start) : null,
                };
            case <= 2:
                throw new MalformedComponentException(
                    $"invalid leading byte (0x{_bytes[start]:x}) for component {(target == 2 ? "outer" : "export")} alias kind: {sort} is none", start);
            default:
                throw Leading(target, "alias", targetOffset);
        }
    }

    private static object AddOuterCoreType(CoreTypeScope scope, int count, int index, int offset)
    {
        CoreTypeScope? outer = scope;
        for (int i = 0; i < count && outer is not null; i++)
        {
            outer = outer.Parent;
        }

        if (outer is null)
        {
            throw new InvalidComponentException($"invalid outer alias count of {count}", offset);
        }

        object type = outer.Find(index) ?? throw new InvalidComponentException($"unknown core type {index}: type index out of bounds", offset);
        if (type is CoreModuleType module)
        {
            scope.Add(module);
        }
        else
        {
            scope.Add((Wasm.DefinedType)type);
        }

        return type;
    }

    private ExternName ReadExternName(ref WasmReader reader)
    {
        int start = reader.Position;
        byte form = reader.ReadByte();
        if (form > 2)
        {
            throw Leading(form, "component name", start);
        }

        string name = ReadName(ref reader);
        return form == 2 ? ReadAttributes(ref reader, new ExternName(name, start)) : new ExternName(name, start);
    }

    private ExternName ReadAttributes(ref WasmReader reader, ExternName name)
    {
        for (uint count = reader.ReadCount(); count > 0; count--)
        {
            int start = reader.Position;
            byte kind = reader.ReadByte();
            if (kind > 2)
            {
                throw Leading(kind, "name option", start);
            }

            string value = ReadName(ref reader);
            name = (kind, name) switch
            {
                (0, { Implements: null }) => name with { Implements = value },
                (1, { VersionSuffix: null }) => name with { VersionSuffix = value },
                (2, { ExternalId: null }) => name with { ExternalId = value },
                (0, _) => throw new InvalidComponentException("duplicate 'implements' option in name", start),
                (1, _) => throw new InvalidComponentException("duplicate 'versionsuffix' option in name", start),
                _ => throw new InvalidComponentException("duplicate 'external-id' option in name", start),
            };
        }

        return name;
    }

    private static ExternSyntax ReadExtern(ref WasmReader reader)
    {
        int start = reader.Position;
        byte kind = reader.ReadByte();
        switch (kind)
        {
            case 0:
                Expect(ref reader, 0x11, ExternalKind);
                return new ExternSyntax(ComponentExternKind.CoreModule, BoundKind.Index, ReadIndex(ref reader), default, start);
            case 1:
                return new ExternSyntax(ComponentExternKind.Function, BoundKind.Index, ReadIndex(ref reader), default, start);
            case 2:
                // Tools leave out the byte that says how the value is bound; it cannot be confused with a primitive type.
                return PrimitiveOf(reader.PeekByte()) is not null || ReadFlag(ref reader, "value bound")
                    ? new ExternSyntax(ComponentExternKind.Value, BoundKind.ValueOfType, 0, ReadValueSyntax(ref reader), start)
                    : new ExternSyntax(ComponentExternKind.Value, BoundKind.ValueEqual, ReadIndex(ref reader), default, start);
            case 3:
                return ReadFlag(ref reader, "type bound")
                    ? new ExternSyntax(ComponentExternKind.Type, BoundKind.AnyResource, 0, default, start)
                    : new ExternSyntax(ComponentExternKind.Type, BoundKind.TypeEqual, ReadIndex(ref reader), default, start);
            case 4:
                return new ExternSyntax(ComponentExternKind.Component, BoundKind.Index, ReadIndex(ref reader), default, start);
            case 5:
                return new ExternSyntax(ComponentExternKind.Instance, BoundKind.Index, ReadIndex(ref reader), default, start);
            default:
                throw Leading(kind, ExternalKind, start);
        }
    }
}
