using System.Text;

namespace Atoll.Components.Types;

/// <summary>Types in short for messages, as WIT writes them; those with names and many parts by their kind.</summary>
internal static class TypeText
{
    private const int MaxLength = 200;

    public static string Of(ComponentValueType type)
    {
        StringBuilder text = new();
        Write(text, type);
        return text.Length > MaxLength ? text.ToString(0, MaxLength) + "…" : text.ToString();
    }

    /// <summary>The first part of types that has no text.</summary>
    public static ComponentValueType? FindOpaque(IEnumerable<ComponentValueType?> types)
    {
        // Types share their parts: each is looked at once.
        HashSet<ComponentValueType> seen = new(ReferenceEqualityComparer.Instance);
        Stack<ComponentValueType> left = new(types.OfType<ComponentValueType>());
        while (left.TryPop(out ComponentValueType? type))
        {
            if (type.Kind is ComponentValueKind.Own or ComponentValueKind.Borrow or ComponentValueKind.Stream or ComponentValueKind.Future or ComponentValueKind.ErrorContext)
            {
                return type;
            }

            foreach (ComponentValueType? part in PartsOf(type))
            {
                if (part is not null && seen.Add(part))
                {
                    left.Push(part);
                }
            }
        }

        return null;
    }

    private static IEnumerable<ComponentValueType?> PartsOf(ComponentValueType type) => type switch
    {
        ListType list => [list.Element],
        OptionType option => [option.Value],
        ResultType result => [result.Ok, result.Error],
        TupleType tuple => tuple.Elements,
        RecordType record => record.Fields.Select(field => field.Type),
        VariantType variant => variant.Cases.Select(item => item.Type),
        MapType map => [map.Value],
        _ => [],
    };

    private static void Write(StringBuilder text, ComponentValueType? type)
    {
        if (text.Length > MaxLength)
        {
            return;
        }

        switch (type)
        {
            case null:
                text.Append('_');
                break;
            case PrimitiveType:
                text.Append(type);
                break;
            case ListType list:
                Write(text.Append("list<"), list.Element);
                text.Append(list.Length is { } length ? $", {length}>" : ">");
                break;
            case OptionType option:
                Write(text.Append("option<"), option.Value);
                text.Append('>');
                break;
            case ResultType { Ok: null, Error: null }:
                text.Append("result");
                break;
            case ResultType result:
                Parts(text.Append("result<"), [result.Ok, result.Error]);
                break;
            case TupleType tuple:
                Parts(text.Append("tuple<"), tuple.Elements);
                break;
            case MapType map:
                Parts(text.Append("map<"), [map.Key, map.Value]);
                break;
            default:
                text.Append(type.Kind.ToString().ToLowerInvariant());
                break;
        }
    }

    private static void Parts(StringBuilder text, IEnumerable<ComponentValueType?> parts)
    {
        bool first = true;
        foreach (ComponentValueType? part in parts)
        {
            Write(text.Append(first ? "" : ", "), part);
            first = false;
        }

        text.Append('>');
    }
}
