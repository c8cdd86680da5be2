using Atoll.Components.Types;

namespace Atoll.Components.Abi.Adapters;

/// <summary>Between <see cref="ComponentValue"/> and core values. Called by generated code; what does not fit its type is an error of the host.</summary>
internal static class DynamicValues
{
    public static int IntOf(in ComponentValue value, ComponentValueKind kind) => (int)Check(value, kind).Bits;

    public static long LongOf(in ComponentValue value, ComponentValueKind kind) => (long)Check(value, kind).Bits;

    public static float FloatOf(in ComponentValue value, ComponentValueKind kind) => BitConverter.UInt32BitsToSingle((uint)Check(value, kind).Bits);

    public static double DoubleOf(in ComponentValue value, ComponentValueKind kind) => BitConverter.UInt64BitsToDouble(Check(value, kind).Bits);

    public static string StringOf(in ComponentValue value) => (string)Check(value, ComponentValueKind.String).Object!;

    public static string MessageOf(in ComponentValue value) => (string)Check(value, ComponentValueKind.ErrorContext).Object!;

    public static ComponentValue OfInt(int value, ComponentValueKind kind) =>
        ComponentValue.OfBits(kind, kind is ComponentValueKind.S8 or ComponentValueKind.S16 or ComponentValueKind.S32 ? (ulong)(long)value : (uint)value);

    public static ComponentValue OfLong(long value, ComponentValueKind kind) => ComponentValue.OfBits(kind, (ulong)value);

    public static ComponentValue OfFloat(float value, ComponentValueKind kind) => ComponentValue.F32(value);

    public static ComponentValue OfDouble(double value, ComponentValueKind kind) => ComponentValue.F64(value);

    public static int FlagsOf(in ComponentValue value, FlagsType type)
    {
        int bits = 0;
        foreach (string name in (string[])Check(value, ComponentValueKind.Flags).Object!)
        {
            int index = type.Names.IndexOf(name);
            bits |= index >= 0 ? 1 << index : throw new ArgumentException($"there is no flag `{name}`; there are {string.Join(", ", type.Names)}");
        }

        return bits;
    }

    public static ComponentValue OfFlags(int bits, FlagsType type)
    {
        List<string> names = [];
        for (int i = 0; i < type.Names.Length; i++)
        {
            if ((bits & (1 << i)) != 0)
            {
                names.Add(type.Names[i]);
            }
        }

        return ComponentValue.OfFlags([.. names]);
    }

    public static int EnumOf(in ComponentValue value, EnumType type)
    {
        string name = (string)Check(value, ComponentValueKind.Enum).Object!;
        int index = type.Names.IndexOf(name);
        return index >= 0 ? index : throw new ArgumentException($"there is no case `{name}`; there are {string.Join(", ", type.Names)}");
    }

    public static ComponentValue OfEnum(int index, EnumType type) => ComponentValue.Enum(type.Names[index]);

    public static ComponentResource ResourceOf(in ComponentValue value) =>
        value.Kind is ComponentValueKind.Own or ComponentValueKind.Borrow ? (ComponentResource)value.Object! : throw Wrong(value, ComponentValueKind.Own);

    /// <summary>The fields in the order of the type.</summary>
    public static ComponentValue[] FieldsOf(in ComponentValue value, ComponentValueType type)
    {
        if (type is not RecordType record)
        {
            ComponentValue[] elements = Check(value, ComponentValueKind.Tuple).Elements;
            int count = ((TupleType)type).Elements.Length;
            return elements.Length == count ? elements : throw new ArgumentException($"the tuple has {elements.Length} elements; its type has {count}");
        }

        ComponentValue.RecordValue fields = (ComponentValue.RecordValue)Check(value, ComponentValueKind.Record).Object!;
        if (fields.Values.Length != record.Fields.Length)
        {
            throw new ArgumentException($"the record has {fields.Values.Length} fields; its type has {record.Fields.Length}");
        }

        ComponentValue[] ordered = new ComponentValue[record.Fields.Length];
        for (int i = 0; i < ordered.Length; i++)
        {
            string name = record.Fields[i].Name;
            int index = fields.Names.Names[i] == name ? i : Array.IndexOf(fields.Names.Names, name);
            ordered[i] = index >= 0 ? fields.Values[index] : throw new ArgumentException($"the record has no field `{name}`");
        }

        return ordered;
    }

    public static int CaseOf(in ComponentValue value, ComponentValueType type)
    {
        switch (type)
        {
            case OptionType:
                return (int)Check(value, ComponentValueKind.Option).Bits;
            case ResultType result:
                int index = (int)Check(value, ComponentValueKind.Result).Bits;
                CheckPayload(index == 0 ? "ok" : "err", index == 0 ? result.Ok : result.Error, value.Object is not null);
                return index;
        }

        ComponentValue.CaseValue named = (ComponentValue.CaseValue)Check(value, ComponentValueKind.Variant).Object!;
        VariantType variant = (VariantType)type;
        for (int i = 0; i < variant.Cases.Length; i++)
        {
            if (variant.Cases[i].Name == named.Name)
            {
                CheckPayload(named.Name, variant.Cases[i].Type, named.Payload is not null);
                return i;
            }
        }

        throw new ArgumentException($"there is no case `{named.Name}`; there are {string.Join(", ", variant.Cases.Select(item => item.Name))}");
    }

    public static ComponentValue PayloadOf(in ComponentValue value) =>
        (value.Object is ComponentValue.CaseValue named ? named.Payload! : (ComponentValue.Box)value.Object!).Value;

    public static ComponentValue OfCase(ComponentValueType type, int index) => type switch
    {
        OptionType => ComponentValue.None,
        ResultType => index == 0 ? ComponentValue.Ok() : ComponentValue.Error(),
        _ => ComponentValue.Variant(((VariantType)type).Cases[index].Name),
    };

    public static ComponentValue OfCaseWith(ComponentValueType type, int index, ComponentValue payload) => type switch
    {
        OptionType => ComponentValue.Some(payload),
        ResultType => index == 0 ? ComponentValue.Ok(payload) : ComponentValue.Error(payload),
        _ => ComponentValue.Variant(((VariantType)type).Cases[index].Name, payload),
    };

    public static ComponentValue[] ElementsOf(in ComponentValue value, ComponentValueKind kind) => Check(value, kind).Elements;

    private static void CheckPayload(string name, ComponentValueType? type, bool hasPayload)
    {
        if ((type is not null) != hasPayload)
        {
            throw new ArgumentException($"the case `{name}` {(hasPayload ? "comes without a value" : "comes with a value")}");
        }
    }

    private static ref readonly ComponentValue Check(in ComponentValue value, ComponentValueKind kind)
    {
        if (value.Kind != kind)
        {
            throw Wrong(value, kind);
        }

        return ref value;
    }

    private static ArgumentException Wrong(in ComponentValue value, ComponentValueKind kind) => new(value.Wrong(kind).Message);
}
