using System.Text;
using Atoll.Wasm.Text;

namespace Atoll.Components.Text;

/// <summary>
/// The text of a component to the binary format (Explainer, "Grammar"). Everything is read into the scopes that it belongs to, what is
/// written inline becomes definitions of its own on the way; indices, aliases and bytes follow when all has been read.
/// </summary>
internal sealed partial class ComponentAssembler
{
    /// <summary>How deep components and types may stand inside of each other.</summary>
    public const int MaxDepth = 100;

    private readonly TextCursor _cursor;
    private TextScope _scope;
    private List<TextItem> _exports = [];
    private bool _hasStart;
    private int _depth;

    private ComponentAssembler(TextCursor cursor, string? id)
    {
        _cursor = cursor;
        _scope = new TextScope(cursor.Source, null, id, isComponent: true) { Name = _cursor.TryNameAnnotation("component") ?? id };
    }

    /// <summary>Assembles the fields of a component from the cursor up to the parenthesis (or end of the text) that ends them.</summary>
    public static byte[] Assemble(TextCursor cursor, string? id)
    {
        int first = cursor.Position;
        ComponentAssembler assembler = new(cursor, id);
        assembler.Fields();
        if (cursor.Annotations.FindLeft(first, cursor.Position) is { } left)
        {
            throw cursor.Source.Error($"misplaced {left.Id} annotation", left.Start);
        }

        if (!cursor.At(TokenKind.Close) && !cursor.At(TokenKind.End))
        {
            throw cursor.Unexpected("a definition");
        }

        ByteBuffer output = new();
        assembler._scope.Write(output);
        return output.ToArray();
    }

    private void Fields()
    {
        CustomSections();
        while (_cursor.At(TokenKind.Open))
        {
            _cursor.Position++;
            Field();
            _cursor.ExpectClose();
            CustomSections();
        }

        _exports.ForEach(_scope.Add);
    }

    private void CustomSections()
    {
        foreach (TextAnnotation annotation in _cursor.Annotations.TakeAll(AnnotationKind.Custom, _cursor.Position))
        {
            AnnotationReader reader = new(_cursor.Source, annotation);
            TextDraft draft = new();
            draft.Bytes.Name(reader.ExpectName("missing section name"));
            draft.Bytes.Bytes(reader.ExpectStringsToEnd());
            _scope.Add(new TextItem(TextSection.Custom, draft));
        }
    }

    /// <summary>Reads one definition up to its closing parenthesis.</summary>
    private void Field()
    {
        if (_cursor.TryKeyword("alias"u8))
        {
            AliasField();
        }
        else if (_cursor.TryKeyword("import"u8))
        {
            ImportField();
        }
        else if (_cursor.TryKeyword("export"u8))
        {
            ExportField();
        }
        else if (_cursor.TryKeyword("start"u8))
        {
            StartField();
        }
        else if (_cursor.TryKeyword("canon"u8))
        {
            CanonField();
        }
        else if (_cursor.AtKeyword("core"u8) && _cursor.IsKeyword(_cursor.Peek(1), "rec"u8))
        {
            _cursor.Position += 2;
            CoreGroup();
        }
        else
        {
            Definition(_cursor.ExpectSort());
        }
    }

    /// <summary>Reads a definition that begins with the word of a sort, after that word.</summary>
    private void Definition(TextSort sort)
    {
        TextDefinition definition = Declare(sort);
        if (!sort.IsCore() || sort == TextSort.CoreModule)
        {
            InlineExports(definition);
            if (AtInline("import"u8))
            {
                InlineImport(definition);
                return;
            }
        }

        if (_cursor.AtOpen("alias"u8) && IsAlias())
        {
            _cursor.Position += 2;
            AliasTarget(definition);
            _cursor.ExpectClose();
            return;
        }

        switch (sort)
        {
            case TextSort.CoreModule:
                CoreModule(definition);
                break;
            case TextSort.CoreInstance:
                CoreInstance(definition);
                break;
            case TextSort.CoreType:
                CoreType(definition);
                break;
            case TextSort.CoreFunction:
                CoreFunction(definition);
                break;
            case TextSort.Component:
                Component(definition);
                break;
            case TextSort.Instance:
                Instance(definition);
                break;
            case TextSort.Type:
                Type(definition);
                break;
            case TextSort.Function:
                Function(definition);
                break;
            default:
                throw _cursor.Unexpected("(import …) or (alias …)");
        }
    }

    /// <summary>Whether the alias at the cursor says what a definition is; the field of a nested component has its own sort in it.</summary>
    private bool IsAlias()
    {
        TextToken last = _cursor.Source.Tokens[_cursor.Match - 1];
        return last.Kind != TokenKind.Close;
    }

    /// <summary>The identifier and the name at the cursor, if they are there, for a new definition.</summary>
    private TextDefinition Declare(TextSort sort)
    {
        int token = _cursor.Position;
        string? id = _cursor.TryId();
        return new TextDefinition(sort, id, _cursor.TryNameAnnotation(sort.Words()) ?? id, token);
    }

    /// <summary>Adds a definition that stands in the text only inside of another, and gives a reference to it.</summary>
    private TextReference Hoist(TextSection section, TextSort sort, TextDraft draft)
    {
        TextDefinition definition = new(sort);
        _scope.Add(new TextItem(section, draft, definition));
        return TextReference.To(definition);
    }

    private void Enter()
    {
        if (++_depth > MaxDepth)
        {
            throw _cursor.ErrorAt("nesting too deep", _cursor.Position);
        }
    }

    private void Leave() => _depth--;

    private void CoreModule(TextDefinition definition)
    {
        TextDraft draft = new();
        draft.Bytes.Bytes(
            _cursor.TryKeyword("binary"u8) ? _cursor.Strings()
            : _cursor.TryKeyword("quote"u8) ? WatText.Assemble(TextSource.Read(_cursor.Strings()))
            : new ModuleAssembler(_cursor, definition.Id).Run());
        _scope.Add(new TextItem(TextSection.CoreModule, draft, definition));
    }

    private void Component(TextDefinition definition)
    {
        TextDraft draft = new();
        if (_cursor.TryKeyword("binary"u8))
        {
            draft.Bytes.Bytes(_cursor.Strings());
        }
        else
        {
            TextScope outer = _scope;
            (bool hadStart, List<TextItem> exports) = (_hasStart, _exports);
            Enter();
            _scope = new TextScope(_cursor.Source, outer, definition.Id, isComponent: true) { Name = definition.Name };
            (_hasStart, _exports) = (false, []);
            draft.Late(_scope.Write);
            Fields();
            (_hasStart, _exports) = (hadStart, exports);
            _scope = outer;
            Leave();
        }

        _scope.Add(new TextItem(TextSection.Component, draft, definition));
    }

    private void StartField()
    {
        if (_hasStart)
        {
            throw _cursor.ErrorAt("component cannot have more than one start function", _cursor.Position);
        }

        _hasStart = true;
        TextDraft draft = new();
        draft.Index(TextReference.Read(_cursor, TextSort.Function));
        TextDraft arguments = new();
        uint count = 0;
        for (; _cursor.TryOpen("value"u8); count++)
        {
            arguments.Index(TextReference.ReadWithPath(_cursor, TextSort.Value));
            _cursor.ExpectClose();
        }

        draft.Vector(count, arguments);
        List<TextDefinition> results = [];
        while (_cursor.TryOpen("result"u8))
        {
            _cursor.ExpectOpen();
            _cursor.ExpectKeyword("value"u8);
            results.Add(Declare(TextSort.Value));
            _cursor.ExpectClose();
            _cursor.ExpectClose();
        }

        draft.Bytes.Unsigned((uint)results.Count);
        _scope.Add(new TextItem(TextSection.Start, draft, [.. results]));
    }
}
