using Atoll.Wasm.Text;

namespace Atoll.Components.Text;

/// <content>Type definitions (Explainer, "Type Definitions"; Binary, "Type Definitions").</content>
internal sealed partial class ComponentAssembler
{
    private const byte ModuleTypeForm = 0x50;

    // Core types that stand in components but not in a module know no others.
    private readonly TextIndexSpace _noTypes = new("type");

    private void Type(TextDefinition definition)
    {
        TextDraft draft = new();
        if (!TryPrimitive(draft))
        {
            _cursor.ExpectOpen();
            Enter();
            if (_cursor.TryKeyword("func"u8))
            {
                FunctionType(draft);
            }
            else if (_cursor.TryKeyword("component"u8))
            {
                ComponentType(draft, definition.Id);
            }
            else if (_cursor.TryKeyword("instance"u8))
            {
                InstanceType(draft, definition.Id);
            }
            else if (_cursor.TryKeyword("resource"u8))
            {
                ResourceType(draft);
            }
            else
            {
                DefinedType(draft);
            }

            Leave();
            _cursor.ExpectClose();
        }

        _scope.Add(new TextItem(TextSection.Type, draft, definition));
    }

    private void FunctionType(TextDraft draft)
    {
        draft.Bytes.Byte(_cursor.TryKeyword("async"u8) ? (byte)0x43 : (byte)0x40);
        TextDraft parameters = new();
        uint count = 0;
        for (; _cursor.TryOpen("param"u8); count++)
        {
            parameters.Bytes.Name(_cursor.ExpectName());
            ValueType(parameters);
            _cursor.ExpectClose();
        }

        draft.Vector(count, parameters);
        Result(draft);
    }

    /// <summary>Reads <c>(result t)</c>, if it is there ("resultlist").</summary>
    private void Result(TextDraft draft)
    {
        if (_cursor.TryOpen("result"u8))
        {
            draft.Bytes.Byte(0x00);
            ValueType(draft);
            _cursor.ExpectClose();
        }
        else
        {
            draft.Bytes.Byte(0x01);
            draft.Bytes.Byte(0x00);
        }
    }

    private void ResourceType(TextDraft draft)
    {
        draft.Bytes.Byte(0x3f);
        _cursor.ExpectOpen();
        _cursor.ExpectKeyword("rep"u8);
        TextTypes.ValueType(_cursor, _noTypes).Write(draft.Bytes);
        _cursor.ExpectClose();
        bool hasDestructor = _cursor.TryOpen("dtor"u8);
        draft.Bytes.Byte(hasDestructor ? (byte)1 : (byte)0);
        if (hasDestructor)
        {
            draft.Index(IndexOr(TextSort.CoreFunction));
            _cursor.ExpectClose();
        }
    }

    private void ComponentType(TextDraft draft, string? id)
    {
        draft.Bytes.Byte(0x41);
        Declarators(draft, id, hasImports: true);
    }

    private void InstanceType(TextDraft draft, string? id)
    {
        draft.Bytes.Byte(0x42);
        Declarators(draft, id, hasImports: false);
    }

    private void Declarators(TextDraft draft, string? id, bool hasImports)
    {
        TextScope outer = _scope;
        Enter();
        _scope = new TextScope(_cursor.Source, outer, id, isComponent: false);
        draft.Late(_scope.Write);
        while (_cursor.At(TokenKind.Open))
        {
            _cursor.Position++;
            Declarator(hasImports);
            _cursor.ExpectClose();
        }

        _scope = outer;
        Leave();
    }

    private void Declarator(bool hasImports)
    {
        if (_cursor.TryKeyword("alias"u8))
        {
            AliasField();
        }
        else if (hasImports && _cursor.TryKeyword("import"u8))
        {
            ImportField();
        }
        else if (_cursor.TryKeyword("export"u8))
        {
            ExportDeclarator();
        }
        else if (_cursor.TryKeyword("type"u8))
        {
            Type(Declare(TextSort.Type));
        }
        else
        {
            _cursor.ExpectKeyword("core"u8);
            if (_cursor.TryKeyword("rec"u8))
            {
                CoreGroup();
            }
            else
            {
                _cursor.ExpectKeyword("type"u8);
                CoreType(Declare(TextSort.CoreType));
            }
        }
    }

    private void ExportDeclarator()
    {
        int token = _cursor.Position;
        string? id = _cursor.TryId();
        TextDraft draft = new();
        ExternName(draft);
        _cursor.ExpectOpen();
        TextSort sort = _cursor.ExpectSort();
        TextDefinition definition = id is null ? Declare(sort) : new TextDefinition(sort, id, id, token);
        ExternType(sort, draft);
        _cursor.ExpectClose();
        _scope.Add(new TextItem(TextSection.Export, draft, definition));
    }

    /// <summary>Reads <c>(type index)</c>, or else a type of a certain form, which becomes a definition of its own.</summary>
    private TextReference TypeUse(Action<TextDraft> inline)
    {
        if (AtTypeUse())
        {
            return TypeIndex();
        }

        TextDraft draft = new();
        Enter();
        inline(draft);
        Leave();
        return Hoist(TextSection.Type, TextSort.Type, draft);
    }

    private TextReference TypeIndex()
    {
        _cursor.Position += 2;
        TextReference type = TextReference.ReadWithPath(_cursor, TextSort.Type);
        _cursor.ExpectClose();
        return type;
    }

    /// <summary>Whether <c>(type …)</c> stands here and denotes a type; with something else in it it would define one.</summary>
    private bool AtTypeUse() =>
        _cursor.AtOpen("type"u8)
        && _cursor.Peek(2).Kind is TokenKind.Id or TokenKind.Nat
        && _cursor.Peek(3).Kind is TokenKind.Close or TokenKind.String;

    /// <summary>Reads <c>(type index)</c> for a core type, or else the declarators of a module's type.</summary>
    private TextReference CoreTypeUse()
    {
        if (AtTypeUse())
        {
            _cursor.Position += 2;
            TextReference type = TextReference.Read(_cursor, TextSort.CoreType);
            _cursor.ExpectClose();
            return type;
        }

        TextDraft draft = new();
        CoreModuleType(draft, null);
        return Hoist(TextSection.CoreType, TextSort.CoreType, draft);
    }

    private void CoreType(TextDefinition definition)
    {
        TextDraft draft = new();
        if (_cursor.TryOpen("module"u8))
        {
            CoreModuleType(draft, definition.Id);
            _cursor.ExpectClose();
        }
        else
        {
            LateCoreType(draft, isGroup: false);
        }

        _scope.Add(new TextItem(TextSection.CoreType, draft, definition));
    }

    /// <summary>Reads <c>(rec (type …)*)</c> after its word.</summary>
    private void CoreGroup()
    {
        int start = _cursor.Position;
        List<TextDefinition> definitions = [];
        while (_cursor.AtOpen("type"u8))
        {
            int end = _cursor.Match;
            _cursor.Position += 2;
            definitions.Add(Declare(TextSort.CoreType));
            _cursor.Position = end;
            _cursor.ExpectClose();
        }

        _cursor.Position = start;
        TextDraft draft = new();
        LateCoreType(draft, isGroup: true);
        _scope.Add(new TextItem(TextSection.CoreType, draft, [.. definitions]));
    }

    /// <summary>Steps over a core type (or a group of them), which is read when the indices of those that it refers to are known.</summary>
    private void LateCoreType(TextDraft draft, bool isGroup)
    {
        TextScope scope = _scope;
        int start = _cursor.Position;
        while (_cursor.At(TokenKind.Open))
        {
            _cursor.Position = _cursor.Match;
            _cursor.ExpectClose();
        }

        draft.Late(output =>
        {
            TextCursor cursor = new(_cursor.Source, start);
            ByteBuffer type = new();
            new TextTypeTable { Index = scope.CoreTypes }.DefineOne(cursor, isGroup, isDeclared: true, type);
            if (type.Span[0] == ModuleTypeForm)
            {
                // A type that may have subtypes begins with the same byte; a zero tells it from the type of a module.
                output.Byte(0);
            }

            output.Bytes(type.Span);
        });
    }

    /// <summary>Steps over the declarators of a module's type, which are read when the indices of outer types are known.</summary>
    private void CoreModuleType(TextDraft draft, string? id)
    {
        TextScope scope = _scope;
        int start = _cursor.Position;
        while (_cursor.At(TokenKind.Open))
        {
            _cursor.Position = _cursor.Match;
            _cursor.ExpectClose();
        }

        draft.Bytes.Byte(ModuleTypeForm);
        draft.Late(output => ModuleAssembler.WriteModuleType(
            new TextCursor(_cursor.Source, start), (cursor, own) => OuterType(cursor, own, scope, id), output));
    }

    /// <summary>Reads what an alias in the type of a module leads to: a type of its own (0), or one of the scopes around it.</summary>
    private (uint Count, uint Index) OuterType(TextCursor cursor, TextIndexSpace own, TextScope scope, string? id)
    {
        int token = cursor.Position;
        string? outer = cursor.TryId();
        uint number = outer is null ? (uint)cursor.ExpectNat(32) : 0;
        return (outer is null && number == 0) || (outer is not null && outer == id)
            ? (0, own.Resolve(cursor))
            : OuterIndex(scope, 1, (outer, number, token), TextReference.Read(cursor, TextSort.CoreType));
    }
}
