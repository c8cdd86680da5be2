using System.Collections.Generic;
using System.Linq;
using Atoll.Bindings.Planning;
using Atoll.Wit;

namespace Atoll.Bindings.Emission;

/// <summary>How types of WIT are written in C#, seen from one side of a world.</summary>
/// <param name="plan">The world.</param>
/// <param name="direction">The side.</param>
/// <param name="space">The namespace whose types need no other name than their own; null where nothing may be taken for granted.</param>
internal sealed class TypeNames(WorldPlan plan, Direction direction, string? space)
{
    private const string Runtime = "global::Atoll.Components.";

    /// <summary>A value's type.</summary>
    public string Of(WitType type) => type switch
    {
        WitPrimitive primitive => Of(primitive.Kind),
        WitList list => $"{Of(list.Element)}[]",
        WitMap map => $"({Of(map.Key)} Key, {Of(map.Value)} Value)[]",
        WitOption option => IsOption(option.Element) ? $"{Runtime}Optional<{Of(option.Element)}>" : $"{Of(option.Element)}?",
        WitResult result => $"{Runtime}Result<{OrUnit(result.Ok)}, {OrUnit(result.Error)}>",
        WitTuple { Items.Count: 1 } tuple => $"global::System.ValueTuple<{Of(tuple.Items[0])}>",
        WitTuple tuple => $"({string.Join(", ", tuple.Items.Select(Of))})",
        WitHandle handle => Of(handle.Resource),
        WitNamed named => Of(named.Definition),
        _ => $"{Runtime}ComponentValue",
    };

    /// <summary>The type of a parameter that the host passes: lists of numbers may lie anywhere.</summary>
    public string OfArgument(WitType type) =>
        Behind(type) is WitList { Length: null } list && Behind(list.Element) is WitPrimitive { Kind: >= WitPrimitiveKind.S8 and <= WitPrimitiveKind.F64 } number
            ? $"global::System.ReadOnlySpan<{Of(number.Kind)}>"
            : Of(type);

    /// <summary>The delegate type of a function; null when it has more parameters than those of .NET have.</summary>
    public static string? DelegateOf(IReadOnlyList<string> parameters, string? result) =>
        parameters.Count > 16 ? null
        : result is not null ? $"global::System.Func<{string.Join(", ", parameters.Append(result))}>"
        : parameters.Count == 0 ? "global::System.Action"
        : $"global::System.Action<{string.Join(", ", parameters)}>";

    /// <summary>The class or interface of a resource.</summary>
    public string Of(WitTypeDefinition definition)
    {
        WitTypeDefinition target = definition.Target;
        if (target.Body is WitAlias alias)
        {
            return Of(alias.Type);
        }

        PlannedType? type = plan.Find(target, direction);
        return type is null ? $"{Runtime}ComponentResource" : type.Namespace == space ? type.Name : $"global::{type.Namespace}.{type.Name}";
    }

    /// <summary>Whether a record is a few numbers: a structure then, because arrays of it hold them in place.</summary>
    public static bool IsSmall(WitRecord record) => Leaves(record) is > 0 and <= 4;

    private static int Leaves(WitRecord record)
    {
        const int TooMany = 1000;
        int leaves = 0;
        foreach (WitType type in record.Fields.Select(field => Behind(field.Type)))
        {
            leaves += type switch
            {
                WitPrimitive { Kind: not (WitPrimitiveKind.String or WitPrimitiveKind.ErrorContext) } => 1,
                WitNamed { Definition.Target.Body: WitEnum or WitFlags } => 1,
                WitNamed { Definition.Target.Body: WitRecord inner } => Leaves(inner),
                _ => TooMany,
            };
        }

        return Math.Min(leaves, TooMany);
    }

    /// <summary>The type behind aliases.</summary>
    private static WitType Behind(WitType type)
    {
        while (type is WitNamed { Definition.Target.Body: WitAlias alias })
        {
            type = alias.Type;
        }

        return type;
    }

    private static bool IsOption(WitType type) => Behind(type) is WitOption;

    private string OrUnit(WitType? type) => type is null ? $"{Runtime}Unit" : Of(type);

    private static string Of(WitPrimitiveKind kind) => kind switch
    {
        WitPrimitiveKind.Bool => "bool",
        WitPrimitiveKind.S8 => "sbyte",
        WitPrimitiveKind.U8 => "byte",
        WitPrimitiveKind.S16 => "short",
        WitPrimitiveKind.U16 => "ushort",
        WitPrimitiveKind.S32 => "int",
        WitPrimitiveKind.U32 => "uint",
        WitPrimitiveKind.S64 => "long",
        WitPrimitiveKind.U64 => "ulong",
        WitPrimitiveKind.F32 => "float",
        WitPrimitiveKind.F64 => "double",
        WitPrimitiveKind.Char => "global::System.Text.Rune",
        WitPrimitiveKind.String => "string",
        _ => $"{Runtime}ComponentValue",
    };
}
