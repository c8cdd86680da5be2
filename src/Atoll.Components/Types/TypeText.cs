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
