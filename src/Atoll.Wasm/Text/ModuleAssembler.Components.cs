namespace Atoll.Wasm.Text;

/// <summary>Reads an outer alias to a type, of which the cursor has passed the word <c>outer</c>, up to its sort: how far out, and which type.</summary>
/// <param name="cursor">Where the alias stands.</param>
/// <param name="own">The types of the module type that the alias is in.</param>
internal delegate (uint Count, uint Index) OuterTypeReader(TextCursor cursor, TextIndexSpace own);

/// <content>The types of core modules, which only components have (Component Model, "Type Definitions").</content>
internal sealed partial class ModuleAssembler
{
    private const byte ImportDeclarator = 0;
    private const byte TypeDeclarator = 1;
    private const byte AliasDeclarator = 2;
    private const byte ExportDeclarator = 3;

    /// <summary>Reads the declarators of a module type up to the parenthesis that ends them, and writes them as a vector.</summary>
    public static void WriteModuleType(TextCursor cursor, OuterTypeReader outer, ByteBuffer output) =>
        new ModuleAssembler(cursor, name: null) { Types = new TextTypeTable { IsOpen = true } }.ModuleType(outer, output);

    private void ModuleType(OuterTypeReader outer, ByteBuffer output)
    {
        SectionBuffer declarators = new();
        while (_cursor.At(TokenKind.Open))
        {
            _cursor.Position++;
            if (_cursor.AtKeyword("type"u8) || _cursor.AtKeyword("rec"u8))
            {
                bool isGroup = _cursor.AtKeyword("rec"u8);
                _cursor.Position++;
                ByteBuffer type = declarators.Next();
                type.Byte(TypeDeclarator);
                Types.DefineOne(_cursor, isGroup, isDeclared: false, type);
            }
            else if (_cursor.TryKeyword("alias"u8))
            {
                OuterType(outer, declarators.Next());
            }
            else if (_cursor.TryKeyword("import"u8))
            {
                ByteBuffer import = new();
                import.Byte(ImportDeclarator);
                import.Name(_cursor.ExpectName());
                import.Name(_cursor.ExpectName());
                Declarator(import, declarators);
            }
            else if (_cursor.TryKeyword("export"u8))
            {
                ByteBuffer export = new();
                export.Byte(ExportDeclarator);
                export.Name(_cursor.ExpectName());
                Declarator(export, declarators);
            }
            else
            {
                throw _cursor.Unexpected("type, rec, alias, import or export");
            }
        }

        output.Unsigned(declarators.Count);
        output.Bytes(declarators.Items.Span);
    }

    /// <summary>Reads the type of an import or export, after the types that it implies.</summary>
    private void Declarator(ByteBuffer declarator, SectionBuffer declarators)
    {
        int known = Types.TypeCount;
        _cursor.ExpectOpen();
        ImportType(declarator);
        _cursor.ExpectClose();
        for (; known < Types.TypeCount; known++)
        {
            ByteBuffer type = declarators.Next();
            type.Byte(TypeDeclarator);
            type.Bytes(Types.BytesOf(known));
        }

        declarators.Next().Bytes(declarator.Span);
    }

    private void OuterType(OuterTypeReader outer, ByteBuffer output)
    {
        _cursor.ExpectKeyword("outer"u8);
        (uint count, uint index) = outer(_cursor, Types.Index);
        _cursor.ExpectOpen();
        _cursor.ExpectKeyword("type"u8);
        Types.DeclareAlias(_cursor);
        _cursor.ExpectClose();
        _cursor.ExpectClose();
        output.Byte(AliasDeclarator);
        // The sort of core types, and that the alias leads outwards.
        output.Byte(0x10);
        output.Byte(0x01);
        output.Unsigned(count);
        output.Unsigned(index);
    }
}
