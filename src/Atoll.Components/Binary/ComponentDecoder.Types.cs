using Atoll.Components.Types;
using Atoll.Wasm;
using Atoll.Wasm.Binary;

namespace Atoll.Components.Binary;

/// <content>Types ("Binary Format", "Type Definitions").</content>
internal sealed partial class ComponentDecoder
{
    private const string DefinedTypeByte = "component defined type";

    private TypeEntry ReadTypeEntry(ref WasmReader reader, CoreTypeScope scope, int depth)
    {
        int start = reader.Position;
        return new TypeEntry { Offset = start, Syntax = ReadType(ref reader, scope, depth) };
    }

    private TypeSyntax ReadType(ref WasmReader reader, CoreTypeScope scope, int depth)
    {
        int start = reader.Position;
        byte form = reader.ReadByte();
        switch (form)
        {
            case 0x3F:
                Wasm.ValueType representation = reader.ReadValueType();
                bool hasDestructor = ReadFlag(ref reader, "resource destructor");
                return new ResourceTypeSyntax { Offset = start, Representation = representation, Destructor = hasDestructor ? ReadIndex(ref reader) : -1 };
            case 0x40 or 0x43:
                return ReadFunctionType(ref reader, form == 0x43, start);
            case 0x41 or 0x42:
                return ReadScopeType(ref reader, form == 0x41, scope, depth + 1, start);
            default:
                return PrimitiveOf(form) is { } primitive ? new ValueTypeSyntax { Offset = start, Kind = primitive.Kind } : ReadValueType(ref reader, form, start);
        }
    }

    private FunctionTypeSyntax ReadFunctionType(ref WasmReader reader, bool isAsync, int start)
    {
        int countOffset = reader.Position;
        uint count = reader.ReadCount();
        CheckParts(count, _limits.Modules.MaxParameters, "parameters", countOffset);
        var parameters = new LabelSyntax[count];
        for (int i = 0; i < parameters.Length; i++)
        {
            string name = ReadName(ref reader);
            parameters[i] = new LabelSyntax(name, ReadValueSyntax(ref reader));
        }

        int resultOffset = reader.Position;
        byte results = reader.ReadByte();
        ValueSyntax? result = null;
        switch (results)
        {
            case 0:
                result = ReadValueSyntax(ref reader);
                break;
            case 1:
                Expect(ref reader, 0, "number of results");
                break;
            default:
                throw Leading(results, "component function results", resultOffset);
        }

        return new FunctionTypeSyntax { Offset = start, IsAsync = isAsync, Parameters = parameters, Result = result };
    }

    private ScopeTypeSyntax ReadScopeType(ref WasmReader reader, bool isComponent, CoreTypeScope parent, int depth, int start)
    {
        if (depth > _limits.MaxNesting)
        {
            throw new MalformedComponentException($"nesting too deep: the limit is {_limits.MaxNesting} types within each other", start);
        }

        CoreTypeScope scope = new(parent);
        var inner = new WasmReader(_bytes, reader.Position, reader.End, reader.Features, scope.Types);

        // Not allocated before it is read: types within types could each claim all that is left.
        List<Definition> declarations = [];
        for (uint count = inner.ReadCount(); count > 0; count--)
        {
            int offset = inner.Position;
            byte form = inner.ReadByte();
            declarations.Add(form switch
            {
                0 => ReadCoreType(ref inner, scope),
                1 => ReadTypeEntry(ref inner, scope, depth),
                2 => ReadAlias(ref inner, scope),
                3 when isComponent => ReadImport(ref inner),
                4 => ReadExportDeclaration(ref inner, offset),
                _ => throw Leading(form, "component or instance type declaration", offset),
            });
        }

        reader.Position = inner.Position;
        return new ScopeTypeSyntax { Offset = start, IsComponent = isComponent, Declarations = declarations };
    }

    private ExportDeclaration ReadExportDeclaration(ref WasmReader reader, int offset)
    {
        ExternName name = ReadExternName(ref reader);
        return new ExportDeclaration { Offset = offset, Name = name, Syntax = ReadExtern(ref reader) };
    }

    private ValueTypeSyntax ReadValueType(ref WasmReader reader, byte form, int start)
    {
        switch (form)
        {
            case 0x72:
                return new ValueTypeSyntax { Offset = start, Kind = ComponentValueKind.Record, Labels = ReadLabels(ref reader, "fields", form) };
            case 0x71:
                return new ValueTypeSyntax { Offset = start, Kind = ComponentValueKind.Variant, Labels = ReadLabels(ref reader, "cases", form) };
            case 0x70:
                return new ValueTypeSyntax { Offset = start, Kind = ComponentValueKind.List, First = ReadValueSyntax(ref reader) };
            case 0x6F:
                return new ValueTypeSyntax { Offset = start, Kind = ComponentValueKind.Tuple, Elements = ReadElements(ref reader) };
            case 0x6E:
                return new ValueTypeSyntax { Offset = start, Kind = ComponentValueKind.Flags, Labels = ReadLabels(ref reader, "flags", form) };
            case 0x6D:
                return new ValueTypeSyntax { Offset = start, Kind = ComponentValueKind.Enum, Labels = ReadLabels(ref reader, "names", form) };
            case 0x6B:
                return new ValueTypeSyntax { Offset = start, Kind = ComponentValueKind.Option, First = ReadValueSyntax(ref reader) };
            case 0x6A:
                ValueSyntax? ok = ReadOptional(ref reader);
                return new ValueTypeSyntax { Offset = start, Kind = ComponentValueKind.Result, First = ok, Second = ReadOptional(ref reader) };
            case 0x69:
                return new ValueTypeSyntax { Offset = start, Kind = ComponentValueKind.Own, Resource = ReadIndex(ref reader) };
            case 0x68:
                return new ValueTypeSyntax { Offset = start, Kind = ComponentValueKind.Borrow, Resource = ReadIndex(ref reader) };
            case 0x67:
                ValueSyntax element = ReadValueSyntax(ref reader);
                return new ValueTypeSyntax { Offset = start, Kind = ComponentValueKind.List, First = element, Length = reader.ReadVarU32() };
            case 0x66:
                return new ValueTypeSyntax { Offset = start, Kind = ComponentValueKind.Stream, First = ReadOptional(ref reader) };
            case 0x65:
                return new ValueTypeSyntax { Offset = start, Kind = ComponentValueKind.Future, First = ReadOptional(ref reader) };
            case 0x63:
                ValueSyntax key = ReadValueSyntax(ref reader);
                return new ValueTypeSyntax { Offset = start, Kind = ComponentValueKind.Map, First = key, Second = ReadValueSyntax(ref reader) };
            default:
                throw Leading(form, DefinedTypeByte, start);
        }
    }

    private LabelSyntax[] ReadLabels(ref WasmReader reader, string what, byte form)
    {
        int start = reader.Position;
        uint count = reader.ReadCount();
        CheckParts(count, _limits.MaxParts, what, start);
        var labels = new LabelSyntax[count];
        for (int i = 0; i < labels.Length; i++)
        {
            string name = ReadName(ref reader);
            ValueSyntax? type = form switch
            {
                0x72 => ReadValueSyntax(ref reader),
                0x71 => ReadOptional(ref reader),
                _ => null,
            };
            if (form == 0x71)
            {
                Expect(ref reader, 0, "zero byte required");
            }

            labels[i] = new LabelSyntax(name, type);
        }

        return labels;
    }

    private ValueSyntax[] ReadElements(ref WasmReader reader)
    {
        int start = reader.Position;
        uint count = reader.ReadCount();
        CheckParts(count, _limits.MaxParts, "elements", start);
        var elements = new ValueSyntax[count];
        for (int i = 0; i < elements.Length; i++)
        {
            elements[i] = ReadValueSyntax(ref reader);
        }

        return elements;
    }

    private static void CheckParts(uint count, int limit, string what, int offset)
    {
        if (count > (uint)limit)
        {
            throw new MalformedComponentException($"too many {what}: {count}, the limit is {limit}", offset);
        }
    }

    private static ValueSyntax? ReadOptional(ref WasmReader reader) =>
        ReadFlag(ref reader, "optional component value type") ? ReadValueSyntax(ref reader) : null;

    private static ValueSyntax ReadValueSyntax(ref WasmReader reader)
    {
        int start = reader.Position;
        if (PrimitiveOf(reader.PeekByte()) is { } primitive)
        {
            reader.Position++;
            return new ValueSyntax(primitive, 0);
        }

        byte first = reader.PeekByte();
        long index = reader.ReadVarS33();
        return index switch
        {
            < 0 => throw Leading(first, "component value type", start),
            > int.MaxValue => throw new InvalidComponentException($"type index {index} out of bounds", start),
            _ => new ValueSyntax(null, (int)index),
        };
    }

    private static PrimitiveType? PrimitiveOf(byte form) => form switch
    {
        >= 0x73 and <= 0x7F => PrimitiveType.Of(Primitives[0x7F - form]),
        0x64 => PrimitiveType.Of(ComponentValueKind.ErrorContext),
        _ => null,
    };

    // In the order of the format, from 0x7f downward.
    private static readonly ComponentValueKind[] Primitives =
    [
        ComponentValueKind.Bool, ComponentValueKind.S8, ComponentValueKind.U8, ComponentValueKind.S16, ComponentValueKind.U16, ComponentValueKind.S32,
        ComponentValueKind.U32, ComponentValueKind.S64, ComponentValueKind.U64, ComponentValueKind.F32, ComponentValueKind.F64, ComponentValueKind.Char,
        ComponentValueKind.String,
    ];
}
