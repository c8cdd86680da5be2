using Atoll.Components.Binary;
using Atoll.Components.Text;
using Atoll.Components.Types;
using Atoll.Wasm.Text;

namespace Atoll.Components.Writing;

/// <summary>Something with an index.</summary>
/// <param name="Name">What it is called where it is passed.</param>
/// <param name="Sort">What it is.</param>
/// <param name="Index">Its index.</param>
internal readonly record struct NamedIndex(string Name, TextSort Sort, int Index);

/// <summary>A component that is being written: each method writes a definition and gives its index ("Binary Format", "Component Definitions").</summary>
internal sealed class ComponentBuilder : TypeScope
{
    private readonly ByteBuffer _output = new();
    private readonly SectionWriter _sections;

    public ComponentBuilder()
        : base(null) => _sections = new SectionWriter(_output);

    public byte[] ToArray()
    {
        _sections.Finish();
        return _output.ToArray();
    }

    public void CustomSection(string name, ReadOnlySpan<byte> content)
    {
        ByteBuffer bytes = new();
        bytes.Name(name);
        bytes.Bytes(content);
        Emit(TextSection.Custom, bytes.Span);
    }

    public int CoreModule(ReadOnlySpan<byte> module)
    {
        Emit(TextSection.CoreModule, module);
        return Next(TextSort.CoreModule);
    }

    public int Component(ReadOnlySpan<byte> component)
    {
        Emit(TextSection.Component, component);
        return Next(TextSort.Component);
    }

    /// <summary>Instantiates a core module with core instances.</summary>
    public int InstantiateCore(int module, IEnumerable<(string Name, int Instance)> arguments)
    {
        ByteBuffer bytes = new();
        bytes.Byte(0x00);
        bytes.Unsigned((uint)module);
        List<(string Name, int Instance)> list = [.. arguments];
        bytes.Unsigned((uint)list.Count);
        foreach ((string name, int instance) in list)
        {
            bytes.Name(name);
            bytes.Byte(0x12);
            bytes.Unsigned((uint)instance);
        }

        Emit(TextSection.CoreInstance, bytes.Span);
        return Next(TextSort.CoreInstance);
    }

    /// <summary>A core instance of items that are listed.</summary>
    public int CoreInstance(IReadOnlyCollection<NamedIndex> exports)
    {
        ByteBuffer bytes = new();
        bytes.Byte(0x01);
        bytes.Unsigned((uint)exports.Count);
        foreach (NamedIndex export in exports)
        {
            bytes.Name(export.Name);
            bytes.Byte(export.Sort.CoreCode());
            bytes.Unsigned((uint)export.Index);
        }

        Emit(TextSection.CoreInstance, bytes.Span);
        return Next(TextSort.CoreInstance);
    }

    /// <summary>Instantiates a component.</summary>
    public int Instantiate(int component, IReadOnlyCollection<NamedIndex> arguments)
    {
        ByteBuffer bytes = new();
        bytes.Byte(0x00);
        bytes.Unsigned((uint)component);
        bytes.Unsigned((uint)arguments.Count);
        foreach (NamedIndex argument in arguments)
        {
            bytes.Name(argument.Name);
            SortIndex(bytes, argument);
        }

        Emit(TextSection.Instance, bytes.Span);
        return Next(TextSort.Instance);
    }

    /// <summary>Defines a resource that is represented by an <c>i32</c>.</summary>
    /// <param name="destructor">Index of the core function that is called when one ends, or -1.</param>
    public int Resource(int destructor)
    {
        ByteBuffer bytes = new();
        bytes.Byte(0x3f);
        bytes.Byte(0x7f);
        bytes.Byte(destructor < 0 ? (byte)0 : (byte)1);
        if (destructor >= 0)
        {
            bytes.Unsigned((uint)destructor);
        }

        Emit(TextSection.Type, bytes.Span);
        return Next(TextSort.Type);
    }

    /// <summary>Makes a function of a core function.</summary>
    public int Lift(int function, ComponentFunctionType type, CanonOptions options)
    {
        int typeIndex = IndexOf(type);
        ByteBuffer bytes = new();
        bytes.Byte((byte)CanonKind.Lift);
        bytes.Byte(0x00);
        bytes.Unsigned((uint)function);
        Options(bytes, options);
        bytes.Unsigned((uint)typeIndex);
        Emit(TextSection.Canon, bytes.Span);
        return Next(TextSort.Function);
    }

    /// <summary>Makes a core function of a function.</summary>
    public int Lower(int function, CanonOptions options)
    {
        ByteBuffer bytes = new();
        bytes.Byte((byte)CanonKind.Lower);
        bytes.Byte(0x00);
        bytes.Unsigned((uint)function);
        Options(bytes, options);
        Emit(TextSection.Canon, bytes.Span);
        return Next(TextSort.CoreFunction);
    }

    /// <summary>A canonical function on a resource: <c>resource.new</c>, <c>resource.drop</c> or <c>resource.rep</c>.</summary>
    public int ResourceFunction(CanonKind kind, int type)
    {
        ByteBuffer bytes = new();
        bytes.Byte((byte)kind);
        bytes.Unsigned((uint)type);
        Emit(TextSection.Canon, bytes.Span);
        return Next(TextSort.CoreFunction);
    }

    /// <summary>Exports something; gives the index that it has from then on.</summary>
    /// <param name="item">Name and index.</param>
    /// <param name="ascribed">The type that is said of it, or null.</param>
    /// <param name="like">Where the attributes of the name are from, or null.</param>
    public int Export(NamedIndex item, ComponentExternType? ascribed = null, ComponentItem? like = null)
    {
        ByteBuffer? type = ascribed is null ? null : ExternType(ascribed);
        ByteBuffer bytes = new();
        ExternNameWriter.Write(bytes, item.Name, like?.Implements, like?.VersionSuffix, like?.ExternalId);
        SortIndex(bytes, item);
        bytes.Byte(type is null ? (byte)0 : (byte)1);
        if (type is not null)
        {
            bytes.Bytes(type.Span);
        }

        Emit(TextSection.Export, bytes.Span);
        return Next(item.Sort);
    }

    /// <summary>Writes a type out, though it has a name.</summary>
    public int DefineAnew(ComponentValueType type)
    {
        ByteBuffer bytes = new();
        new ValueTypeWriter(this, bytes).Define(type);
        return DefineBytes(bytes.Span);
    }

    protected override void Emit(TextSection section, ReadOnlySpan<byte> bytes) => _sections.Item(section).Bytes(bytes);

    private static void SortIndex(ByteBuffer bytes, NamedIndex item)
    {
        item.Sort.Write(bytes);
        bytes.Unsigned((uint)item.Index);
    }

    private static void Options(ByteBuffer bytes, CanonOptions options)
    {
        List<(CanonOptionKind Kind, int Index)> list = [];
        if (options.Memory >= 0)
        {
            list.Add((options.Encoding switch
            {
                StringEncoding.Utf8 => CanonOptionKind.Utf8,
                StringEncoding.Utf16 => CanonOptionKind.Utf16,
                _ => CanonOptionKind.Latin1OrUtf16,
            }, -1));
            list.Add((CanonOptionKind.Memory, options.Memory));
        }

        if (options.Realloc >= 0)
        {
            list.Add((CanonOptionKind.Realloc, options.Realloc));
        }

        if (options.PostReturn >= 0)
        {
            list.Add((CanonOptionKind.PostReturn, options.PostReturn));
        }

        bytes.Unsigned((uint)list.Count);
        foreach ((CanonOptionKind kind, int index) in list)
        {
            bytes.Byte((byte)kind);
            if (index >= 0)
            {
                bytes.Unsigned((uint)index);
            }
        }
    }
}
