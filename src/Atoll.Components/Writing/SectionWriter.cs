using Atoll.Components.Text;
using Atoll.Wasm.Text;

namespace Atoll.Components.Writing;

/// <summary>The sections of a component as they are written: neighbours of one kind share a section ("Binary Format", "Component Definitions").</summary>
internal sealed class SectionWriter
{
    private readonly ByteBuffer _output;
    private readonly ByteBuffer _content = new();
    private TextSection _section;
    private uint _count;

    /// <summary>Begins a component.</summary>
    public SectionWriter(ByteBuffer output)
    {
        _output = output;
        output.Bytes(Preamble);
    }

    /// <summary>The preamble of a component: version 0x0d, layer 1.</summary>
    private static ReadOnlySpan<byte> Preamble => "\0asm\u000d\0\u0001\0"u8;

    /// <summary>The byte of a declarator of a component or instance type ("Binary Format", "Type Definitions").</summary>
    public static byte DeclaratorCode(TextSection section) => section switch
    {
        TextSection.CoreType => 0,
        TextSection.Type => 1,
        TextSection.Alias => 2,
        TextSection.Import => 3,
        _ => 4,
    };

    /// <summary>Begins a definition; its bytes go where the result leads, before anything else is begun.</summary>
    public ByteBuffer Item(TextSection section)
    {
        if (_count > 0 && (section != _section || IsSingle(section)))
        {
            Finish();
        }

        _section = section;
        _count++;
        return _content;
    }

    /// <summary>Writes what is still open.</summary>
    public void Finish()
    {
        if (_count == 0)
        {
            return;
        }

        ByteBuffer count = new();
        if (!IsSingle(_section))
        {
            count.Unsigned(_count);
        }

        _output.Byte((byte)_section);
        _output.Unsigned((uint)(count.Length + _content.Length));
        _output.Bytes(count.Span);
        _output.Bytes(_content.Span);
        _content.Truncate(0);
        _count = 0;
    }

    /// <summary>Whether a section has one thing in it, without a count.</summary>
    private static bool IsSingle(TextSection section) =>
        section is TextSection.Custom or TextSection.CoreModule or TextSection.Component or TextSection.Start;
}

/// <summary>The names of imports and exports ("Binary Format", <c>importname'</c> and <c>exportname'</c>).</summary>
internal static class ExternNameWriter
{
    /// <summary>Writes a name with its attributes.</summary>
    /// <param name="output">Takes the bytes.</param>
    /// <param name="name">The name.</param>
    /// <param name="attributes">Which interface it implements, the rest of its version, and what it means to the embedder alone; each may be null.</param>
    public static void Write(ByteBuffer output, string name, params ReadOnlySpan<string?> attributes)
    {
        uint count = 0;
        foreach (string? attribute in attributes)
        {
            count += attribute is null ? 0u : 1u;
        }

        output.Byte(count == 0 ? (byte)0 : (byte)2);
        output.Name(name);
        if (count == 0)
        {
            return;
        }

        output.Unsigned(count);
        for (int code = 0; code < attributes.Length; code++)
        {
            if (attributes[code] is { } attribute)
            {
                output.Byte((byte)code);
                output.Name(attribute);
            }
        }
    }
}
