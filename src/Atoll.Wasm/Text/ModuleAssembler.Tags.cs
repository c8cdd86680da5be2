namespace Atoll.Wasm.Text;

/// <content>Tags of exceptions (specification, "Text Format / Tags").</content>
internal sealed partial class ModuleAssembler
{
    // Attribute 0: an exception. There is no other yet.
    private const byte ExceptionAttribute = 0;

    private uint _nextTag;

    private void TagField()
    {
        _cursor.TryId();
        if (InlineExportsAndImport(ExternKind.Tag, _nextTag) is { } import)
        {
            TagImport(import);
        }
        else
        {
            _definedBeforeImport ??= "tag";
            _nextTag++;
            TagType(_tags.Next());
        }

        _cursor.ExpectClose();
    }

    private void TagImport(ByteBuffer import)
    {
        _nextTag++;
        import.Byte((byte)ExternKind.Tag);
        TagType(import);
    }

    private void TagType(ByteBuffer output)
    {
        output.Byte(ExceptionAttribute);
        output.Unsigned(Types.Use(_cursor, new TextIndexSpace("parameter")));
    }
}
