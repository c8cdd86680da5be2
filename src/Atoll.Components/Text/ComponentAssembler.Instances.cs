using Atoll.Wasm.Text;

namespace Atoll.Components.Text;

/// <content>Instances of modules and components (Explainer, "Instance Definitions").</content>
internal sealed partial class ComponentAssembler
{
    private void CoreInstance(TextDefinition definition)
    {
        TextDraft draft = new();
        if (_cursor.TryOpen("instantiate"u8))
        {
            draft.Bytes.Byte(0);
            draft.Index(IndexOr(TextSort.CoreModule));
            TextDraft arguments = new();
            uint count = 0;
            for (; _cursor.TryOpen("with"u8); count++)
            {
                arguments.Bytes.Name(_cursor.ExpectName());
                arguments.Bytes.Byte(TextSort.CoreInstance.CoreCode());
                _cursor.ExpectOpen();
                _cursor.ExpectKeyword("instance"u8);
                arguments.Index(_cursor.AtIndex ? TextReference.Read(_cursor, TextSort.CoreInstance) : CoreBundle());
                _cursor.ExpectClose();
                _cursor.ExpectClose();
            }

            draft.Vector(count, arguments);
            _cursor.ExpectClose();
        }
        else
        {
            CoreExports(draft);
        }

        _scope.Add(new TextItem(TextSection.CoreInstance, draft, definition));
    }

    private TextReference CoreBundle()
    {
        TextDraft draft = new();
        CoreExports(draft);
        return Hoist(TextSection.CoreInstance, TextSort.CoreInstance, draft);
    }

    /// <summary>Reads <c>(export "…" (sort …))*</c> of core definitions.</summary>
    private void CoreExports(TextDraft draft)
    {
        draft.Bytes.Byte(1);
        TextDraft exports = new();
        uint count = 0;
        for (; _cursor.TryOpen("export"u8); count++)
        {
            exports.Bytes.Name(_cursor.ExpectName());
            _cursor.ExpectOpen();
            TextSort sort = _cursor.ExpectCoreSort();
            exports.Bytes.Byte(sort.CoreCode());
            exports.Index(TextReference.ReadWithPath(_cursor, sort));
            _cursor.ExpectClose();
            _cursor.ExpectClose();
        }

        draft.Vector(count, exports);
    }

    private void Instance(TextDefinition definition)
    {
        TextDraft draft = new();
        if (_cursor.TryOpen("instantiate"u8))
        {
            draft.Bytes.Byte(0);
            draft.Index(IndexOr(TextSort.Component));
            TextDraft arguments = new();
            uint count = 0;
            for (; _cursor.TryOpen("with"u8); count++)
            {
                arguments.Bytes.Name(_cursor.ExpectName());
                TextReference argument = AtBundle() ? Bundle() : SortIndex();
                argument.Sort.Write(arguments.Bytes);
                arguments.Index(argument);
                _cursor.ExpectClose();
            }

            draft.Vector(count, arguments);
            _cursor.ExpectClose();
        }
        else
        {
            Exports(draft);
        }

        _scope.Add(new TextItem(TextSection.Instance, draft, definition));
    }

    private bool AtBundle() => _cursor.AtOpen("instance"u8) && _cursor.Peek(2).Kind is not (TokenKind.Id or TokenKind.Nat);

    private TextReference Bundle()
    {
        _cursor.Position += 2;
        TextDraft draft = new();
        Exports(draft);
        _cursor.ExpectClose();
        return Hoist(TextSection.Instance, TextSort.Instance, draft);
    }

    /// <summary>Reads <c>(export "…" (sort …))*</c>.</summary>
    private void Exports(TextDraft draft)
    {
        draft.Bytes.Byte(1);
        TextDraft exports = new();
        uint count = 0;
        for (; _cursor.TryOpen("export"u8); count++)
        {
            ExternName(exports);
            TextReference item = SortIndex();
            item.Sort.Write(exports.Bytes);
            exports.Index(item);
            _cursor.ExpectClose();
        }

        draft.Vector(count, exports);
    }

    /// <summary>Reads an index, or an index with its sort and a path in parentheses. The word <c>core</c> before a core sort may be missing there.</summary>
    private TextReference IndexOr(TextSort sort)
    {
        if (_cursor.AtIndex)
        {
            return TextReference.Read(_cursor, sort);
        }

        _cursor.ExpectOpen();
        int start = _cursor.Position;
        bool hasSort = sort.IsCore() && !_cursor.AtKeyword("core"u8) ? _cursor.ExpectCoreSort() == sort : _cursor.ExpectSort() == sort;
        if (!hasSort)
        {
            _cursor.Position = start;
            throw _cursor.Unexpected(sort.Words());
        }

        TextReference reference = TextReference.ReadWithPath(_cursor, sort);
        _cursor.ExpectClose();
        return reference;
    }
}
