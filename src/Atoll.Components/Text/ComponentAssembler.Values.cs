using System.Collections.Frozen;
using System.Text;
using Atoll.Wasm.Text;

namespace Atoll.Components.Text;

/// <content>Value types (Explainer, "Fundamental value types" and "Specialized value types").</content>
internal sealed partial class ComponentAssembler
{
    private static readonly FrozenDictionary<string, byte> Primitives = new Dictionary<string, byte>
    {
        ["bool"] = 0x7f,
        ["s8"] = 0x7e,
        ["u8"] = 0x7d,
        ["s16"] = 0x7c,
        ["u16"] = 0x7b,
        ["s32"] = 0x7a,
        ["u32"] = 0x79,
        ["s64"] = 0x78,
        ["u64"] = 0x77,
        ["f32"] = 0x76,
        ["float32"] = 0x76,
        ["f64"] = 0x75,
        ["float64"] = 0x75,
        ["char"] = 0x74,
        ["string"] = 0x73,
        ["error-context"] = 0x64,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private bool TryPrimitive(TextDraft draft)
    {
        if (!_cursor.At(TokenKind.Keyword) || !Primitives.TryGetValue(Encoding.ASCII.GetString(_cursor.Source.Slice(_cursor.Current)), out byte code))
        {
            return false;
        }

        _cursor.Position++;
        draft.Bytes.Byte(code);
        return true;
    }

    /// <summary>Whether a value type can begin here.</summary>
    private bool AtValueType => !_cursor.At(TokenKind.Close) && !_cursor.AtOpen("error"u8);

    /// <summary>Reads a type where a value's is wanted. One that is written inline becomes a definition of its own.</summary>
    private void ValueType(TextDraft draft)
    {
        if (_cursor.AtIndex)
        {
            draft.TypeIndex(TextReference.Read(_cursor, TextSort.Type));
        }
        else if (!TryPrimitive(draft))
        {
            _cursor.ExpectOpen();
            TextDraft type = new();
            Enter();
            DefinedType(type);
            Leave();
            _cursor.ExpectClose();
            draft.TypeIndex(Hoist(TextSection.Type, TextSort.Type, type));
        }
    }

    /// <summary>Reads a type that may be absent.</summary>
    private void OptionalValueType(TextDraft draft)
    {
        bool isThere = AtValueType;
        draft.Bytes.Byte(isThere ? (byte)1 : (byte)0);
        if (isThere)
        {
            ValueType(draft);
        }
    }

    /// <summary>Reads a value type that is written with parentheses, between them.</summary>
    private void DefinedType(TextDraft draft)
    {
        if (_cursor.TryKeyword("record"u8))
        {
            draft.Bytes.Byte(0x72);
            Record(draft);
        }
        else if (_cursor.TryKeyword("variant"u8))
        {
            draft.Bytes.Byte(0x71);
            Variant(draft);
        }
        else if (_cursor.TryKeyword("list"u8))
        {
            List(draft);
        }
        else if (_cursor.TryKeyword("tuple"u8))
        {
            draft.Bytes.Byte(0x6f);
            Tuple(draft);
        }
        else if (_cursor.TryKeyword("flags"u8))
        {
            draft.Bytes.Byte(0x6e);
            Labels(draft);
        }
        else if (_cursor.TryKeyword("enum"u8))
        {
            draft.Bytes.Byte(0x6d);
            Labels(draft);
        }
        else if (_cursor.TryKeyword("option"u8))
        {
            draft.Bytes.Byte(0x6b);
            ValueType(draft);
        }
        else if (_cursor.TryKeyword("result"u8))
        {
            draft.Bytes.Byte(0x6a);
            ResultType(draft);
        }
        else
        {
            HandleType(draft);
        }
    }

    private void HandleType(TextDraft draft)
    {
        if (_cursor.TryKeyword("own"u8))
        {
            draft.Bytes.Byte(0x69);
            draft.Index(TextReference.Read(_cursor, TextSort.Type));
        }
        else if (_cursor.TryKeyword("borrow"u8))
        {
            draft.Bytes.Byte(0x68);
            draft.Index(TextReference.Read(_cursor, TextSort.Type));
        }
        else if (_cursor.TryKeyword("stream"u8))
        {
            draft.Bytes.Byte(0x66);
            OptionalValueType(draft);
        }
        else if (_cursor.TryKeyword("future"u8))
        {
            draft.Bytes.Byte(0x65);
            OptionalValueType(draft);
        }
        else if (_cursor.TryKeyword("map"u8))
        {
            draft.Bytes.Byte(0x63);
            ValueType(draft);
            ValueType(draft);
        }
        else
        {
            throw _cursor.Unexpected("a type");
        }
    }

    private void Record(TextDraft draft)
    {
        TextDraft fields = new();
        uint count = 0;
        for (; _cursor.TryOpen("field"u8); count++)
        {
            fields.Bytes.Name(_cursor.ExpectName());
            ValueType(fields);
            _cursor.ExpectClose();
        }

        draft.Vector(count, fields);
    }

    private void Variant(TextDraft draft)
    {
        TextDraft cases = new();
        HashSet<string> ids = new(StringComparer.Ordinal);
        uint count = 0;
        for (; _cursor.TryOpen("case"u8); count++)
        {
            int token = _cursor.Position;
            if (_cursor.TryId() is { } id && !ids.Add(id))
            {
                throw _cursor.ErrorAt($"duplicate variant case identifier ${id}", token);
            }

            cases.Bytes.Name(_cursor.ExpectName());
            OptionalValueType(cases);
            // Refinements are no longer there, their byte is.
            cases.Bytes.Byte(0);
            _cursor.ExpectClose();
        }

        draft.Vector(count, cases);
    }

    /// <summary>A list of any length (0x70), or of a fixed one (0x67).</summary>
    private void List(TextDraft draft)
    {
        TextDraft element = new();
        ValueType(element);
        bool isFixed = _cursor.At(TokenKind.Nat);
        draft.Bytes.Byte(isFixed ? (byte)0x67 : (byte)0x70);
        draft.Append(element);
        if (isFixed)
        {
            draft.Bytes.Unsigned(_cursor.ExpectNat(32));
        }
    }

    private void Tuple(TextDraft draft)
    {
        TextDraft types = new();
        uint count = 0;
        for (; !_cursor.At(TokenKind.Close); count++)
        {
            ValueType(types);
        }

        draft.Vector(count, types);
    }

    private void Labels(TextDraft draft)
    {
        ByteBuffer labels = new();
        uint count = 0;
        for (; _cursor.At(TokenKind.String); count++)
        {
            labels.Name(_cursor.ExpectName());
        }

        draft.Bytes.Unsigned(count);
        draft.Bytes.Bytes(labels.Span);
    }

    private void ResultType(TextDraft draft)
    {
        OptionalValueType(draft);
        bool hasError = _cursor.TryOpen("error"u8);
        draft.Bytes.Byte(hasError ? (byte)1 : (byte)0);
        if (hasError)
        {
            ValueType(draft);
            _cursor.ExpectClose();
        }
    }
}
