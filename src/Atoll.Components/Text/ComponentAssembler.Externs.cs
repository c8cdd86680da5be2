using Atoll.Components.Writing;
using Atoll.Wasm.Text;

namespace Atoll.Components.Text;

/// <content>Imports, exports and aliases (Explainer, "Import and Export Definitions", "Alias Definitions").</content>
internal sealed partial class ComponentAssembler
{
    private void ImportField()
    {
        TextDraft draft = new();
        ExternName(draft);
        _cursor.ExpectOpen();
        TextDefinition definition = Declare(_cursor.ExpectSort());
        ExternType(definition.Sort, draft);
        _cursor.ExpectClose();
        _scope.Add(new TextItem(TextSection.Import, draft, definition));
    }

    /// <summary>Reads <c>(import "…")</c> inside of a definition, and then the type of what is imported.</summary>
    private void InlineImport(TextDefinition definition)
    {
        TextDraft draft = new();
        _cursor.Position += 2;
        ExternName(draft);
        _cursor.ExpectClose();
        ExternType(definition.Sort, draft);
        _scope.Add(new TextItem(TextSection.Import, draft, definition));
    }

    /// <summary>Reads the <c>(export "…")</c> of a definition. They come at the component's end, so that they shift no index.</summary>
    private void InlineExports(TextDefinition definition)
    {
        while (AtInline("export"u8))
        {
            TextDraft draft = new();
            _cursor.Position += 2;
            ExternName(draft);
            _cursor.ExpectClose();
            definition.Sort.Write(draft.Bytes);
            draft.Index(TextReference.To(definition));
            draft.Bytes.Byte(0);
            _exports.Add(new TextItem(TextSection.Export, draft, new TextDefinition(definition.Sort)));
        }
    }

    /// <summary>Whether an import or export stands here that has nothing but a name, because it belongs to the definition around it.</summary>
    private bool AtInline(ReadOnlySpan<byte> word)
    {
        if (!_cursor.AtOpen(word) || _cursor.Peek(2).Kind != TokenKind.String)
        {
            return false;
        }

        int next = 3;
        while (_cursor.Peek(next).Kind == TokenKind.Open
            && AttributeCode(_cursor.Peek(next + 1)) is not null
            && _cursor.Peek(next + 2).Kind == TokenKind.String)
        {
            next += 4;
        }

        return _cursor.Peek(next).Kind == TokenKind.Close;
    }

    private void ExportField()
    {
        int token = _cursor.Position;
        string? id = _cursor.TryId();
        string? name = _cursor.TryNameAnnotation("export");
        TextDraft draft = new();
        ExternName(draft);
        TextReference item = SortIndex();
        TextDraft? type = null;
        if (_cursor.At(TokenKind.Open))
        {
            int start = ++_cursor.Position;
            if (_cursor.ExpectSort() != item.Sort)
            {
                _cursor.Position = start;
                throw _cursor.Unexpected("the sort of the exported definition");
            }

            type = new TextDraft();
            ExternType(item.Sort, type);
            draft.Uses.AddRange(type.Uses);
            _cursor.ExpectClose();
        }

        item.Sort.Write(draft.Bytes);
        draft.Index(item);
        draft.Bytes.Byte(type is null ? (byte)0 : (byte)1);
        if (type is not null)
        {
            draft.Late(type.Write);
        }

        _scope.Add(new TextItem(TextSection.Export, draft, new TextDefinition(item.Sort, id, name ?? id, token)));
    }

    /// <summary>Reads <c>(sort index "export"*)</c>.</summary>
    private TextReference SortIndex()
    {
        _cursor.ExpectOpen();
        TextReference reference = TextReference.ReadWithPath(_cursor, _cursor.ExpectSort());
        _cursor.ExpectClose();
        return reference;
    }

    /// <summary>Reads the name of an import or export with its attributes ("externname").</summary>
    private void ExternName(TextDraft draft)
    {
        string name = _cursor.ExpectName();
        string?[] attributes = new string?[3];
        while (_cursor.At(TokenKind.Open) && AttributeCode(_cursor.Peek(1)) is { } code)
        {
            if (attributes[code] is not null)
            {
                throw _cursor.Unexpected("an attribute that is not there yet");
            }

            _cursor.Position += 2;
            attributes[code] = _cursor.ExpectName();
            _cursor.ExpectClose();
        }

        ExternNameWriter.Write(draft.Bytes, name, attributes);
    }

    private int? AttributeCode(TextToken token) =>
        _cursor.IsKeyword(token, "implements"u8) ? 0
        : _cursor.IsKeyword(token, "versionsuffix"u8) ? 1
        : _cursor.IsKeyword(token, "external-id"u8) ? 2
        : null;

    /// <summary>Reads the type of what is imported or exported, after the word of its sort and its identifier ("externdesc").</summary>
    private void ExternType(TextSort sort, TextDraft draft)
    {
        switch (sort)
        {
            case TextSort.CoreModule:
                TextReference module = CoreTypeUse();
                draft.Bytes.Byte(0x00);
                draft.Bytes.Byte(0x11);
                draft.Index(module);
                break;
            case TextSort.Function:
                draft.Bytes.Byte(0x01);
                draft.Index(TypeUse(FunctionType));
                break;
            case TextSort.Value:
                draft.Bytes.Byte(0x02);
                ValueBound(draft);
                break;
            case TextSort.Type:
                draft.Bytes.Byte(0x03);
                TypeBound(draft);
                break;
            case TextSort.Component:
                draft.Bytes.Byte(0x04);
                draft.Index(TypeUse(type => ComponentType(type, null)));
                break;
            case TextSort.Instance:
                draft.Bytes.Byte(0x05);
                draft.Index(TypeUse(type => InstanceType(type, null)));
                break;
            default:
                throw _cursor.Unexpected($"a sort that can be imported or exported, not {sort.Words()}");
        }
    }

    private void TypeBound(TextDraft draft)
    {
        _cursor.ExpectOpen();
        if (_cursor.TryKeyword("eq"u8))
        {
            draft.Bytes.Byte(0x00);
            draft.Index(TextReference.Read(_cursor, TextSort.Type));
        }
        else
        {
            _cursor.ExpectKeyword("sub"u8);
            _cursor.ExpectKeyword("resource"u8);
            draft.Bytes.Byte(0x01);
        }

        _cursor.ExpectClose();
    }

    private void ValueBound(TextDraft draft)
    {
        if (_cursor.TryOpen("eq"u8))
        {
            draft.Bytes.Byte(0x00);
            draft.Index(TextReference.Read(_cursor, TextSort.Value));
            _cursor.ExpectClose();
        }
        else
        {
            draft.Bytes.Byte(0x01);
            ValueType(draft);
        }
    }

    /// <summary>Reads <c>target (sort $id?)</c>.</summary>
    private void AliasField()
    {
        int target = _cursor.Position;
        while (!_cursor.At(TokenKind.Open) && !_cursor.At(TokenKind.Close) && !_cursor.At(TokenKind.End))
        {
            _cursor.Position++;
        }

        _cursor.ExpectOpen();
        TextDefinition definition = Declare(_cursor.ExpectSort());
        _cursor.ExpectClose();
        int end = _cursor.Position;
        _cursor.Position = target;
        AliasTarget(definition);
        _cursor.Position = end;
    }

    /// <summary>Reads what an alias leads to, and adds the alias.</summary>
    private void AliasTarget(TextDefinition definition)
    {
        TextSort sort = definition.Sort;
        TextDraft draft;
        if (_cursor.TryKeyword("outer"u8))
        {
            draft = OuterAlias(sort);
        }
        else
        {
            bool isCore = _cursor.TryKeyword("core"u8);
            if (isCore != (sort.IsCore() && sort != TextSort.CoreModule))
            {
                throw _cursor.ErrorAt($"unexpected token: {(isCore ? "a core" : "an")} instance has no export of the sort {sort.Words()}", definition.Token);
            }

            _cursor.ExpectKeyword("export"u8);
            TextReference instance = TextReference.Read(_cursor, isCore ? TextSort.CoreInstance : TextSort.Instance);
            draft = new TextDraft();
            sort.Write(draft.Bytes);
            draft.Bytes.Byte(isCore ? (byte)1 : (byte)0);
            draft.Index(instance);
            draft.Bytes.Name(_cursor.ExpectName());
        }

        _scope.Add(new TextItem(TextSection.Alias, draft, definition));
    }

    private TextDraft OuterAlias(TextSort sort)
    {
        int position = _cursor.Position;
        TextScope scope = _scope;
        string? id = _cursor.TryId();
        uint number = id is null ? (uint)_cursor.ExpectNat(32) : 0;
        TextReference target = TextReference.Read(_cursor, sort);
        TextDraft draft = new();
        sort.Write(draft.Bytes);
        draft.Bytes.Byte(2);
        draft.Late(output =>
        {
            (uint count, uint index) = OuterIndex(scope, 0, (id, number, position), target);
            output.Unsigned(count);
            output.Unsigned(index);
        });
        return draft;
    }

    /// <summary>How far out a scope is, and the index of something there.</summary>
    /// <param name="scope">Where the search begins.</param>
    /// <param name="skipped">How many scopes the alias is in that are no part of the chain of scopes.</param>
    /// <param name="outer">The number or identifier of the scope that is meant, and where it stands.</param>
    /// <param name="target">What is meant there.</param>
    private (uint Count, uint Index) OuterIndex(TextScope? scope, uint skipped, (string? Id, uint Number, int Token) outer, TextReference target)
    {
        if (outer.Id is null && target.Id is null)
        {
            // Numbers are left to validation.
            return (outer.Number, target.Number);
        }

        uint count = skipped;
        for (; scope is not null; scope = scope.Outer, count++)
        {
            if (outer.Id is null ? outer.Number == count : outer.Id == scope.Id)
            {
                return (count, scope.IndexOf(target));
            }
        }

        throw _cursor.ErrorAt(
            outer.Id is null ? $"outer count of `{outer.Number}` is too large" : $"outer component `{outer.Id}` not found", outer.Token);
    }
}
