using System.Collections.Immutable;
using Atoll.Components.Types;

namespace Atoll.Components.Waves;

/// <content>Values with parts.</content>
internal sealed partial class WaveReader
{
    private List<byte> Bytes()
    {
        List<byte> bytes = [];
        Expect('[', "a list of bytes");
        while (!TryTake(']'))
        {
            bytes.Add((byte)Integer(ComponentValueKind.U8, 0, byte.MaxValue));
            Separate(']');
        }

        return bytes;
    }

    private ComponentValue List(ListType type)
    {
        int start = _position;
        List<ComponentValue> elements = [];
        Expect('[', "a list");
        while (!TryTake(']'))
        {
            elements.Add(Value(type.Element));
            Separate(']');
        }

        return type.Length is null || type.Length == elements.Count
            ? ComponentValue.OfList([.. elements])
            : throw Error($"the list must have {Count((int)type.Length, "element")}, not {elements.Count}", start);
    }

    private ComponentValue Tuple(TupleType type)
    {
        int start = _position;
        List<ComponentValue> elements = [];
        Expect('(', "a tuple");
        while (!TryTake(')'))
        {
            elements.Add(elements.Count < type.Elements.Length ? Value(type.Elements[elements.Count]) : throw Error($"the tuple has only {Count(type.Elements.Length, "element")}"));
            Separate(')');
        }

        return elements.Count == type.Elements.Length
            ? ComponentValue.OfTuple([.. elements])
            : throw Error($"the tuple must have {Count(type.Elements.Length, "element")}, not {elements.Count}", start);
    }

    private ComponentValue Map(MapType type)
    {
        List<ComponentValue> pairs = [];
        Expect('[', "a map, which is a list of pairs");
        while (!TryTake(']'))
        {
            pairs.Add(Tuple(type.Entry));
            Separate(']');
        }

        return ComponentValue.OfMap([.. pairs]);
    }

    private ComponentValue Record(RecordType type)
    {
        int start = _position;
        ComponentValue?[] values = new ComponentValue?[type.Fields.Length];
        Expect('{', "a record");
        if (TryTake(':'))
        {
            Expect('}', "the end of the empty record");
        }
        else if (TryTake('}'))
        {
            throw Error("`{}` are flags; a record of which all is left out is `{:}`", start);
        }
        else
        {
            do
            {
                Field(type.Fields, values);
                Separate('}');
            }
            while (!TryTake('}'));
        }

        (string, ComponentValue)[] fields = new (string, ComponentValue)[values.Length];
        for (int i = 0; i < fields.Length; i++)
        {
            LabeledType field = type.Fields[i];
            fields[i] = (field.Name, values[i] ?? (field.Type is OptionType
                ? ComponentValue.None
                : throw Error($"the field `{field.Name}: {TypeText.Of(field.Type)}` is missing", start)));
        }

        return ComponentValue.Record(fields);
    }

    private void Field(ImmutableArray<LabeledType> fields, ComponentValue?[] values)
    {
        string name = Label("the name of a field", mayBeKeyword: true, out int start);
        int index = IndexOf(fields.Length, i => fields[i].Name, name, "field", start);
        if (values[index] is not null)
        {
            throw Error($"the field `{name}` stands twice", start);
        }

        Expect(':', $"the value of `{name}`");
        values[index] = Value(fields[index].Type);
    }

    private ComponentValue Flags(FlagsType type)
    {
        bool[] isSet = new bool[type.Names.Length];
        Expect('{', "flags");
        while (!TryTake('}'))
        {
            string name = Label("the name of a flag", mayBeKeyword: true, out int start);
            int index = IndexOf(type.Names.Length, i => type.Names[i], name, "flag", start);
            isSet[index] = !isSet[index] ? true : throw Error($"the flag `{name}` stands twice", start);
            Separate('}');
        }

        return ComponentValue.OfFlags([.. type.Names.Where((_, i) => isSet[i])]);
    }

    private ComponentValue Enum(EnumType type)
    {
        string name = Label("the name of a case", mayBeKeyword: false, out int start);
        return ComponentValue.Enum(type.Names[IndexOf(type.Names.Length, i => type.Names[i], name, "case", start)]);
    }

    private ComponentValue Variant(VariantType type)
    {
        string name = Label("the name of a case", mayBeKeyword: false, out int start);
        VariantCase found = type.Cases[IndexOf(type.Cases.Length, i => type.Cases[i].Name, name, "case", start)];
        return ComponentValue.Variant(found.Name, Payload(name, found.Type, start));
    }

    private ComponentValue Option(OptionType type)
    {
        int start = _position;
        switch (TryLabel())
        {
            case "some":
                return ComponentValue.Some(Payload("some", type.Value, start)!.Value);
            case "none":
                return ComponentValue.None;
            default:
                _position = start;
                return MayBeFlat(type.Value) ? ComponentValue.Some(Value(type.Value)) : throw Error($"expected `some(…)` or `none`, found {Found()}");
        }
    }

    private ComponentValue Result(ResultType type)
    {
        int start = _position;
        switch (TryLabel())
        {
            case "ok":
                return ComponentValue.Ok(Payload("ok", type.Ok, start));
            case "err":
                return ComponentValue.Error(Payload("err", type.Error, start));
            default:
                _position = start;
                return type.Ok is not null && MayBeFlat(type.Ok) ? ComponentValue.Ok(Value(type.Ok)) : throw Error($"expected `ok` or `err`, found {Found()}");
        }
    }

    /// <summary>Whether <c>some(…)</c> or <c>ok(…)</c> may be left out: not where the inner value could be the outer one.</summary>
    private static bool MayBeFlat(ComponentValueType type) => type is not (OptionType or ResultType);

    private ComponentValue? Payload(string name, ComponentValueType? type, int start)
    {
        if (!TryTake('('))
        {
            return type is null ? null : throw Error($"`{name}` comes with a value: write `{name}(…)` with a {TypeText.Of(type)}", start);
        }

        if (type is null)
        {
            throw Error($"`{name}` comes without a value", start);
        }

        ComponentValue value = Value(type);
        Expect(')', $"the end of `{name}(…)`");
        return value;
    }

    private int IndexOf(int count, Func<int, string> nameOf, string name, string what, int start)
    {
        for (int i = 0; i < count; i++)
        {
            if (nameOf(i) == name)
            {
                return i;
            }
        }

        string names = string.Join(", ", Enumerable.Range(0, Math.Min(count, 16)).Select(nameOf));
        throw Error($"there is no {what} `{name}`; there {(count == 1 ? "is" : "are")} {names}{(count > 16 ? ", …" : "")}", start);
    }
}
