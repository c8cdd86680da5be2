using System.Globalization;
using System.Text;

namespace Atoll.Components.Text;

/// <summary>What a script's constant is, after the value types of the component model.</summary>
internal enum ScriptValueKind
{
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    F32,
    F64,
    Char,
    String,
    List,
    Record,
    Tuple,
    Variant,
    Enum,
    Option,
    Result,
    Flags,
}

/// <summary>Which bits a number that is not a number may have.</summary>
internal enum ScriptNan
{
    /// <summary>Exactly those that are given; it may as well be a number.</summary>
    Exact,

    /// <summary>The top bit of the payload is set, and no other.</summary>
    Canonical,

    /// <summary>The top bit of the payload is set.</summary>
    Arithmetic,
}

/// <summary>A value of the component model that a script passes or expects.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Bits">
/// Numbers: the bits, sign-extended to 64. Booleans: 0 or 1. Characters: the Unicode scalar value. Results: 0 for ok, 1 for an error.
/// </param>
internal sealed record ScriptValue(ScriptValueKind Kind, ulong Bits = 0)
{
    /// <summary>The text of a string, the case of a variant or an enum.</summary>
    public string Text { get; init; } = "";

    /// <summary>The elements of a list or tuple, the fields of a record, or the payload of a case, if it has one.</summary>
    public ScriptValue[] Items { get; init; } = [];

    /// <summary>The names of a record's fields, or the flags that are set.</summary>
    public string[] Labels { get; init; } = [];

    /// <summary>For a float: whether any of several NaNs will do.</summary>
    public ScriptNan Nan { get; init; }

    /// <summary>Whether it is a value, and not a pattern that several values match.</summary>
    public bool IsConstant => Nan == ScriptNan.Exact && Items.All(item => item.IsConstant);

    /// <summary>The value in the words of the text format.</summary>
    public override string ToString()
    {
        string items = string.Concat(Items.Select(item => $" {item}"));
        string labels = string.Concat(Labels.Select(label => $" \"{label}\""));
        return Kind switch
        {
            ScriptValueKind.Bool => Bits != 0 ? "(bool.const true)" : "(bool.const false)",
            ScriptValueKind.Char => $"(char.const \"{new Rune((uint)Bits)}\")",
            ScriptValueKind.String => $"(str.const \"{Text}\")",
            ScriptValueKind.Record => $"(record.const{string.Concat(Labels.Zip(Items, (label, item) => $" (field \"{label}\" {item})"))})",
            ScriptValueKind.Variant => $"(variant.const \"{Text}\"{items})",
            ScriptValueKind.Enum => $"(enum.const \"{Text}\")",
            ScriptValueKind.Option => Items.Length == 0 ? "(option.none)" : $"(option.some{items})",
            ScriptValueKind.Result => $"(result.{(Bits == 0 ? "ok" : "err")}{items})",
            ScriptValueKind.List => $"(list.const{items})",
            ScriptValueKind.Tuple => $"(tuple.const{items})",
            ScriptValueKind.Flags => $"(flags.const{labels})",
            _ => $"({Kind.ToString().ToLowerInvariant()}.const {Number()})",
        };
    }

    private string Number() => (Kind, Nan) switch
    {
        (_, ScriptNan.Canonical) => "nan:canonical",
        (_, ScriptNan.Arithmetic) => "nan:arithmetic",
        (ScriptValueKind.F32 or ScriptValueKind.F64, _) => $"bits 0x{Bits:x}",
        (ScriptValueKind.S8 or ScriptValueKind.S16 or ScriptValueKind.S32 or ScriptValueKind.S64, _) => ((long)Bits).ToString(CultureInfo.InvariantCulture),
        _ => Bits.ToString(CultureInfo.InvariantCulture),
    };
}
