using System.Collections.Frozen;
using System.Text;
using Atoll.Wasm.Text;

namespace Atoll.Components.Text;

/// <content>Canonical definitions (Explainer, "Canonical Definitions"; Binary, "Canonical Definitions").</content>
internal sealed partial class ComponentAssembler
{
    /// <summary>
    /// The built-ins that define core functions: their byte, and what follows: a type (t), options (o), <c>async</c> (a), <c>cancellable</c> (c),
    /// a memory (m), a core value type and a number (v), a result (r), a core type (f), a core table (b).
    /// </summary>
    private static readonly FrozenDictionary<string, (byte Code, string Operands)> BuiltIns = new Dictionary<string, (byte, string)>
    {
        ["resource.new"] = (0x02, "t"),
        ["resource.rep"] = (0x04, "t"),
        ["task.cancel"] = (0x05, ""),
        ["subtask.cancel"] = (0x06, "a"),
        ["task.return"] = (0x09, "ro"),
        ["context.get"] = (0x0a, "v"),
        ["context.set"] = (0x0b, "v"),
        ["thread.yield"] = (0x0c, "c"),
        ["subtask.drop"] = (0x0d, ""),
        ["stream.new"] = (0x0e, "t"),
        ["stream.read"] = (0x0f, "to"),
        ["stream.write"] = (0x10, "to"),
        ["stream.cancel-read"] = (0x11, "ta"),
        ["stream.cancel-write"] = (0x12, "ta"),
        ["stream.drop-readable"] = (0x13, "t"),
        ["stream.drop-writable"] = (0x14, "t"),
        ["future.new"] = (0x15, "t"),
        ["future.read"] = (0x16, "to"),
        ["future.write"] = (0x17, "to"),
        ["future.cancel-read"] = (0x18, "ta"),
        ["future.cancel-write"] = (0x19, "ta"),
        ["future.drop-readable"] = (0x1a, "t"),
        ["future.drop-writable"] = (0x1b, "t"),
        ["error-context.new"] = (0x1c, "o"),
        ["error-context.debug-message"] = (0x1d, "o"),
        ["error-context.drop"] = (0x1e, ""),
        ["waitable-set.new"] = (0x1f, ""),
        ["waitable-set.wait"] = (0x20, "cm"),
        ["waitable-set.poll"] = (0x21, "cm"),
        ["waitable-set.drop"] = (0x22, ""),
        ["waitable.join"] = (0x23, ""),
        ["backpressure.inc"] = (0x24, ""),
        ["backpressure.dec"] = (0x25, ""),
        ["thread.index"] = (0x26, ""),
        ["thread.new-indirect"] = (0x27, "fb"),
        ["thread.resume-later"] = (0x28, ""),
        ["thread.suspend"] = (0x29, "c"),
        ["thread.suspend-then-resume"] = (0x2a, "c"),
        ["thread.yield-then-resume"] = (0x2b, "c"),
        ["thread.suspend-then-promote"] = (0x2c, "c"),
        ["thread.yield-then-promote"] = (0x2d, "c"),
        ["thread.spawn-ref"] = (0x40, "f"),
        ["thread.spawn-indirect"] = (0x41, "fb"),
        ["thread.available-parallelism"] = (0x42, ""),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Reads <c>canon</c>'s field after that word.</summary>
    private void CanonField()
    {
        if (!_cursor.TryKeyword("lift"u8))
        {
            TextDraft draft = CoreCanon();
            _cursor.ExpectOpen();
            _cursor.ExpectKeyword("core"u8);
            _cursor.ExpectKeyword("func"u8);
            _scope.Add(new TextItem(TextSection.Canon, draft, Declare(TextSort.CoreFunction)));
            _cursor.ExpectClose();
            return;
        }

        (TextReference function, TextDraft options) = Lifted();
        _cursor.ExpectOpen();
        _cursor.ExpectKeyword("func"u8);
        TextDefinition definition = Declare(TextSort.Function);
        Lift(definition, TypeUse(FunctionType), function, options);
        _cursor.ExpectClose();
    }

    /// <summary>Reads the rest of <c>(func $id? type (canon lift …))</c>.</summary>
    private void Function(TextDefinition definition)
    {
        TextReference type = TypeUse(FunctionType);
        _cursor.ExpectOpen();
        _cursor.ExpectKeyword("canon"u8);
        _cursor.ExpectKeyword("lift"u8);
        (TextReference function, TextDraft options) = Lifted();
        Lift(definition, type, function, options);
        _cursor.ExpectClose();
    }

    private (TextReference Function, TextDraft Options) Lifted() => (IndexOr(TextSort.CoreFunction), Options());

    private void Lift(TextDefinition definition, TextReference type, TextReference function, TextDraft options)
    {
        TextDraft draft = new();
        draft.Use(type);
        draft.Bytes.Byte(0);
        draft.Bytes.Byte(0);
        draft.Index(function);
        draft.Append(options);
        draft.Place(type);
        _scope.Add(new TextItem(TextSection.Canon, draft, definition));
    }

    /// <summary>Reads the rest of <c>(core func $id? (canon …))</c>.</summary>
    private void CoreFunction(TextDefinition definition)
    {
        _cursor.ExpectOpen();
        _cursor.ExpectKeyword("canon"u8);
        _scope.Add(new TextItem(TextSection.Canon, CoreCanon(), definition));
        _cursor.ExpectClose();
    }

    /// <summary>Reads what defines a core function, after <c>canon</c>.</summary>
    private TextDraft CoreCanon()
    {
        TextDraft draft = new();
        if (_cursor.TryKeyword("lower"u8))
        {
            draft.Bytes.Byte(0x01);
            draft.Bytes.Byte(0x00);
            draft.Index(IndexOr(TextSort.Function));
            draft.Append(Options());
        }
        else if (_cursor.TryKeyword("resource.drop"u8))
        {
            TextReference type = IndexOr(TextSort.Type);
            draft.Bytes.Byte(_cursor.TryKeyword("async"u8) ? (byte)0x07 : (byte)0x03);
            draft.Index(type);
        }
        else if (_cursor.At(TokenKind.Keyword)
            && BuiltIns.TryGetValue(Encoding.ASCII.GetString(_cursor.Source.Slice(_cursor.Current)), out (byte Code, string Operands) builtIn))
        {
            _cursor.Position++;
            draft.Bytes.Byte(builtIn.Code);
            foreach (char operand in builtIn.Operands)
            {
                Operand(operand, draft);
            }
        }
        else
        {
            throw _cursor.Unexpected("lift, lower or a built-in");
        }

        return draft;
    }

    private void Operand(char operand, TextDraft draft)
    {
        switch (operand)
        {
            case 't':
                draft.Index(IndexOr(TextSort.Type));
                break;
            case 'o':
                draft.Append(Options());
                break;
            case 'a':
                draft.Bytes.Byte(_cursor.TryKeyword("async"u8) ? (byte)1 : (byte)0);
                break;
            case 'c':
                draft.Bytes.Byte(_cursor.TryKeyword("cancellable"u8) ? (byte)1 : (byte)0);
                break;
            case 'm':
                _cursor.ExpectOpen();
                _cursor.ExpectKeyword("memory"u8);
                draft.Index(MemoryUse());
                _cursor.ExpectClose();
                break;
            case 'v':
                TextTypes.ValueType(_cursor, _noTypes).Write(draft.Bytes);
                draft.Bytes.Unsigned(_cursor.ExpectNat(32));
                break;
            case 'r':
                Result(draft);
                break;
            case 'f':
                draft.Index(IndexOr(TextSort.CoreType));
                break;
            default:
                draft.Index(IndexOr(TextSort.CoreTable));
                break;
        }
    }

    /// <summary>Reads the canonical options that stand here ("opts").</summary>
    private TextDraft Options()
    {
        TextDraft options = new();
        uint count = 0;
        while (Option(options))
        {
            count++;
        }

        TextDraft draft = new();
        draft.Vector(count, options);
        return draft;
    }

    private bool Option(TextDraft options)
    {
        if (_cursor.At(TokenKind.Keyword))
        {
            options.Bytes.Byte(
                _cursor.TryKeyword("string-encoding=utf8"u8) ? (byte)0x00
                : _cursor.TryKeyword("string-encoding=utf16"u8) ? (byte)0x01
                : _cursor.TryKeyword("string-encoding=latin1+utf16"u8) ? (byte)0x02
                : _cursor.TryKeyword("async"u8) ? (byte)0x06
                : _cursor.TryKeyword("gc"u8) ? (byte)0x09
                : throw _cursor.Unexpected("a canonical option"));
            return true;
        }

        (byte code, TextSort sort) =
            _cursor.TryOpen("memory"u8) ? ((byte)0x03, TextSort.CoreMemory)
            : _cursor.TryOpen("realloc"u8) ? ((byte)0x04, TextSort.CoreFunction)
            : _cursor.TryOpen("post-return"u8) ? ((byte)0x05, TextSort.CoreFunction)
            : _cursor.TryOpen("callback"u8) ? ((byte)0x07, TextSort.CoreFunction)
            : _cursor.TryOpen("core-type"u8) ? ((byte)0x08, TextSort.CoreType)
            : default;
        if (code == 0)
        {
            return false;
        }

        options.Bytes.Byte(code);
        options.Index(sort == TextSort.CoreMemory ? MemoryUse() : IndexOr(sort));
        _cursor.ExpectClose();
        return true;
    }

    /// <summary>Reads which memory; older texts write the export of an instance without its sort.</summary>
    private TextReference MemoryUse() =>
        _cursor.AtIndex ? TextReference.ReadWithPath(_cursor, TextSort.CoreMemory) : IndexOr(TextSort.CoreMemory);
}
