using System.Collections.Frozen;
using System.Text;
using Atoll.Wasm.Text;

namespace Atoll.Components.Text;

/// <summary>The components and their values in scripts.</summary>
/// <param name="features">What scripts may use.</param>
internal sealed class ComponentScripts(ScriptFeatures features) : IWastComponents
{
    private const int MaxDepth = 100;

    /// <summary>For scripts that may use everything.</summary>
    public static readonly ComponentScripts Instance = new(ScriptFeatures.All);

    private static readonly FrozenDictionary<string, (ScriptValueKind Kind, int Bits)> Integers = new Dictionary<string, (ScriptValueKind, int)>
    {
        ["s8.const"] = (ScriptValueKind.S8, 8),
        ["u8.const"] = (ScriptValueKind.U8, 8),
        ["s16.const"] = (ScriptValueKind.S16, 16),
        ["u16.const"] = (ScriptValueKind.U16, 16),
        ["s32.const"] = (ScriptValueKind.S32, 32),
        ["u32.const"] = (ScriptValueKind.U32, 32),
        ["s64.const"] = (ScriptValueKind.S64, 64),
        ["u64.const"] = (ScriptValueKind.U64, 64),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public byte[] Assemble(TextCursor cursor) => ComponentText.AssembleComponent(cursor);

    public object? TryValue(TextCursor cursor) => TryValue(cursor, 0);

    public IWastComponentRun Begin(Wasm.Store store) => new ComponentScriptRun(store, features);

    private static ScriptValue? TryValue(TextCursor cursor, int depth)
    {
        if (!cursor.At(TokenKind.Keyword))
        {
            return null;
        }

        if (Integers.TryGetValue(Encoding.ASCII.GetString(cursor.Source.Slice(cursor.Current)), out (ScriptValueKind Kind, int Bits) integer))
        {
            cursor.Position++;
            return Integer(cursor, integer.Kind, integer.Bits);
        }

        return cursor.TryKeyword("bool.const"u8) ? Bool(cursor)
            : cursor.TryKeyword("char.const"u8) ? Char(cursor)
            : cursor.TryKeyword("str.const"u8) ? new ScriptValue(ScriptValueKind.String) { Text = cursor.ExpectName() }
            : cursor.TryKeyword("f32.const"u8) ? Float(cursor, ScriptValueKind.F32)
            : cursor.TryKeyword("f64.const"u8) ? Float(cursor, ScriptValueKind.F64)
            : cursor.TryKeyword("list.const"u8) ? new ScriptValue(ScriptValueKind.List) { Items = Items(cursor, depth) }
            : cursor.TryKeyword("tuple.const"u8) ? new ScriptValue(ScriptValueKind.Tuple) { Items = Items(cursor, depth) }
            : cursor.TryKeyword("record.const"u8) ? Record(cursor, depth)
            : cursor.TryKeyword("variant.const"u8) ? new ScriptValue(ScriptValueKind.Variant) { Text = cursor.ExpectName(), Items = Payload(cursor, depth) }
            : cursor.TryKeyword("enum.const"u8) ? new ScriptValue(ScriptValueKind.Enum) { Text = cursor.ExpectName() }
            : cursor.TryKeyword("option.none"u8) ? new ScriptValue(ScriptValueKind.Option)
            : cursor.TryKeyword("option.some"u8) ? new ScriptValue(ScriptValueKind.Option) { Items = [Value(cursor, depth)] }
            : cursor.TryKeyword("result.ok"u8) ? new ScriptValue(ScriptValueKind.Result) { Items = Payload(cursor, depth) }
            : cursor.TryKeyword("result.err"u8) ? new ScriptValue(ScriptValueKind.Result, 1) { Items = Payload(cursor, depth) }
            : cursor.TryKeyword("flags.const"u8) ? Flags(cursor)
            : null;
    }

    /// <summary>Reads one value. Suites leave out its parentheses where it is the only one.</summary>
    private static ScriptValue Value(TextCursor cursor, int depth)
    {
        if (depth >= MaxDepth)
        {
            throw cursor.ErrorAt("nesting too deep", cursor.Position);
        }

        bool isOpen = cursor.At(TokenKind.Open);
        cursor.Position += isOpen ? 1 : 0;
        ScriptValue value = TryValue(cursor, depth + 1) ?? throw cursor.Unexpected("a constant");
        if (isOpen)
        {
            cursor.ExpectClose();
        }

        return value;
    }

    private static ScriptValue[] Items(TextCursor cursor, int depth)
    {
        List<ScriptValue> items = [];
        while (cursor.At(TokenKind.Open))
        {
            items.Add(Value(cursor, depth));
        }

        return [.. items];
    }

    private static ScriptValue[] Payload(TextCursor cursor, int depth) => cursor.At(TokenKind.Close) ? [] : [Value(cursor, depth)];

    private static ScriptValue Integer(TextCursor cursor, ScriptValueKind kind, int bits)
    {
        ulong value = cursor.ExpectInteger(bits);
        bool isSigned = kind is ScriptValueKind.S8 or ScriptValueKind.S16 or ScriptValueKind.S32 or ScriptValueKind.S64;
        return new ScriptValue(kind, isSigned ? (ulong)((long)(value << (64 - bits)) >> (64 - bits)) : value);
    }

    private static ScriptValue Bool(TextCursor cursor) =>
        cursor.TryKeyword("true"u8) ? new ScriptValue(ScriptValueKind.Bool, 1)
        : cursor.TryKeyword("false"u8) ? new ScriptValue(ScriptValueKind.Bool)
        : throw cursor.Unexpected("true or false");

    private static ScriptValue Char(TextCursor cursor)
    {
        int token = cursor.Position;
        string text = cursor.ExpectName();
        return Rune.DecodeFromUtf16(text, out Rune rune, out int length) == System.Buffers.OperationStatus.Done && length == text.Length
            ? new ScriptValue(ScriptValueKind.Char, (uint)rune.Value)
            : throw cursor.ErrorAt("one character expected", token);
    }

    private static ScriptValue Float(TextCursor cursor, ScriptValueKind kind) =>
        cursor.TryKeyword("nan:canonical"u8) ? new ScriptValue(kind) { Nan = ScriptNan.Canonical }
        : cursor.TryKeyword("nan:arithmetic"u8) ? new ScriptValue(kind) { Nan = ScriptNan.Arithmetic }
        : new ScriptValue(kind, kind == ScriptValueKind.F32 ? cursor.ExpectF32() : cursor.ExpectF64());

    private static ScriptValue Record(TextCursor cursor, int depth)
    {
        List<string> labels = [];
        List<ScriptValue> items = [];
        while (cursor.TryOpen("field"u8))
        {
            labels.Add(cursor.ExpectName());
            items.Add(Value(cursor, depth));
            cursor.ExpectClose();
        }

        return new ScriptValue(ScriptValueKind.Record) { Labels = [.. labels], Items = [.. items] };
    }

    private static ScriptValue Flags(TextCursor cursor)
    {
        List<string> labels = [];
        while (cursor.At(TokenKind.String))
        {
            labels.Add(cursor.ExpectName());
        }

        return new ScriptValue(ScriptValueKind.Flags) { Labels = [.. labels] };
    }
}
