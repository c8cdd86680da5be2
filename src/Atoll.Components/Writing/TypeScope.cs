using System.Collections.Immutable;
using Atoll.Components.Text;
using Atoll.Components.Types;
using Atoll.Wasm.Text;

namespace Atoll.Components.Writing;

/// <summary>
/// The types of one scope of a component that is being written: which of them have an index, and definitions for those that have none yet
/// ("Binary Format", "Type Definitions"). A scope is a component, or the type of an instance or component.
/// </summary>
/// <remarks>
/// Types come as the objects that validation knows. A type that an import or export named is referred to by that name, through outer aliases and exports of
/// instances where it has to be; all others are written out where they are used, equal ones once.
/// </remarks>
internal abstract class TypeScope(TypeScope? parent)
{
    private const int MaxNamesOfNames = 100;
    private readonly Dictionary<TypeNode, int> _named = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<TypeNode, int> _defined = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, int> _byContent = new(StringComparer.Ordinal);
    private readonly Dictionary<ResourceIdentity, int> _resources = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<object, (InstancePlace Instance, string Name)> _exported = new(ReferenceEqualityComparer.Instance);
    private readonly int[] _next = new int[TextSorts.Count];

    /// <summary>Called for a type that must have a name and has none in any scope; gives its index, or -1 to have it written out.</summary>
    public Func<ComponentValueType, int>? Unnamed { get; set; }

    /// <summary>Called for a resource that is known in no scope; gives its index.</summary>
    public Func<ResourceType, int>? UnknownResource { get; set; }

    /// <summary>The index of a type, which is defined here if it has none yet.</summary>
    public int IndexOf(DefinableType type)
    {
        if (_defined.TryGetValue(type, out int index))
        {
            return index;
        }

        index = FindName(type);
        if (index >= 0)
        {
            return index;
        }

        if (type is ResourceType resource)
        {
            return UnknownResource?.Invoke(resource) ?? throw new ComponentWritingException("a type speaks of a resource that nothing before it imports");
        }

        if (type is ComponentValueType { NeedsName: true } value && Unnamed?.Invoke(value) is { } named and >= 0)
        {
            return named;
        }

        return _defined[type] = Define(type);
    }

    /// <summary>Says what index a named type has from now on; for a resource, the resource itself too.</summary>
    public void Name(DefinableType type, int index)
    {
        _named[type] = index;
        _defined.Remove(type);
        _exported.Remove(type);
        if (type is ResourceType resource)
        {
            _resources[resource.Identity] = index;
            _exported.Remove(resource.Identity);
        }
    }

    /// <summary>Whether a type is another name of one that has a name here already.</summary>
    public bool NamesAnother(ComponentValueType type)
    {
        ComponentValueType? origin = type.Origin;
        for (int i = 0; i < MaxNamesOfNames && origin is not null; i++, origin = origin.Origin)
        {
            if (_named.ContainsKey(origin) || _exported.ContainsKey(origin))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Forgets all types that were written out, so that they are written again with the names of now.</summary>
    public void ForgetDefinitions()
    {
        _defined.Clear();
        _byContent.Clear();
    }

    /// <summary>Forgets where a resource is, so that it is known by the next name that it gets.</summary>
    public void Forget(ResourceType resource)
    {
        _named.Remove(resource);
        _resources.Remove(resource.Identity);
    }

    /// <summary>Makes the types that an instance exports known by those names.</summary>
    public void NameExports(int instance, InstanceType type) => NameExports(new InstancePlace(null, "", instance), type);

    /// <summary>Declares an import and gives its index.</summary>
    public int Import(ComponentItem item) => Declare(TextSection.Import, item);

    /// <summary>The bytes of the type of an import or export (<c>externdesc</c>).</summary>
    protected ByteBuffer ExternType(ComponentExternType type)
    {
        ByteBuffer bytes = new();
        switch (type.Kind)
        {
            case ComponentExternKind.Function:
                bytes.Byte(0x01);
                bytes.Unsigned((uint)IndexOf((ComponentFunctionType)type.Type));
                break;
            case ComponentExternKind.Type:
                bytes.Byte(0x03);
                int index = Origin((DefinableType)type.Type);
                bytes.Byte(index < 0 ? (byte)1 : (byte)0);
                if (index >= 0)
                {
                    bytes.Unsigned((uint)index);
                }

                break;
            case ComponentExternKind.Component:
                bytes.Byte(0x04);
                bytes.Unsigned((uint)IndexOf((ComponentType)type.Type));
                break;
            case ComponentExternKind.Instance:
                bytes.Byte(0x05);
                bytes.Unsigned((uint)IndexOf((InstanceType)type.Type));
                break;
            default:
                throw new ComponentWritingException($"a {(type.Kind == ComponentExternKind.Value ? "value" : "core module")} cannot be imported or exported here");
        }

        return bytes;
    }

    /// <summary>Declares an import, or an export of a type, and gives its index.</summary>
    protected int Declare(TextSection section, ComponentItem item)
    {
        ByteBuffer type = ExternType(item.Type);
        ByteBuffer bytes = new();
        ExternNameWriter.Write(bytes, item.Name, item.Implements, item.VersionSuffix, item.ExternalId);
        bytes.Bytes(type.Span);
        Emit(section, bytes.Span);
        int index = Next(SortOf(item.Type.Kind));
        NameItem(item.Type, index);
        return index;
    }

    /// <summary>Makes the types that an import or export brings known.</summary>
    protected void NameItem(ComponentExternType type, int index)
    {
        if (type.Kind == ComponentExternKind.Type && type.Type is not PrimitiveType)
        {
            Name((DefinableType)type.Type, index);
        }
        else if (type.Type is InstanceType instance && type.Kind == ComponentExternKind.Instance)
        {
            NameExports(index, instance);
        }
    }

    public static TextSort SortOf(ComponentExternKind kind) => kind switch
    {
        ComponentExternKind.CoreModule => TextSort.CoreModule,
        ComponentExternKind.Function => TextSort.Function,
        ComponentExternKind.Value => TextSort.Value,
        ComponentExternKind.Type => TextSort.Type,
        ComponentExternKind.Component => TextSort.Component,
        _ => TextSort.Instance,
    };

    /// <summary>Takes the next index.</summary>
    protected int Next(TextSort sort) => _next[(int)sort]++;

    /// <summary>Writes a definition or declarator.</summary>
    protected abstract void Emit(TextSection section, ReadOnlySpan<byte> bytes);

    /// <summary>An export of an instance under an index of its own.</summary>
    public int AliasExport(TextSort sort, int instance, string name)
    {
        ByteBuffer bytes = new();
        sort.Write(bytes);

        // Of what core modules are made of, the instance is a core one; but core modules themselves are exported by components.
        bytes.Byte(sort.IsCore() && sort != TextSort.CoreModule ? (byte)1 : (byte)0);
        bytes.Unsigned((uint)instance);
        bytes.Name(name);
        Emit(TextSection.Alias, bytes.Span);
        return Next(sort);
    }

    private void NameExports(InstancePlace place, InstanceType type)
    {
        foreach (ComponentItem item in type.Exports)
        {
            if (item.Type.Kind == ComponentExternKind.Instance)
            {
                NameExports(new InstancePlace(place, item.Name, -1), (InstanceType)item.Type.Type);
            }
            else if (item.Type.Kind == ComponentExternKind.Type && item.Type.Type is not PrimitiveType)
            {
                DefinableType exported = (DefinableType)item.Type.Type;
                _named.Remove(exported);
                _defined.Remove(exported);
                _exported[exported] = (place, item.Name);
                if (exported is ResourceType resource && !_resources.ContainsKey(resource.Identity))
                {
                    _exported.TryAdd(resource.Identity, (place, item.Name));
                }
            }
        }
    }

    /// <summary>For a type that gets a name: the index of what it names, or -1 for a resource that is new.</summary>
    private int Origin(DefinableType type)
    {
        if (type is ResourceType resource)
        {
            return Find(type, resource.Identity);
        }

        if (type is not ComponentValueType value)
        {
            return IndexOf(type);
        }

        int index = FindOriginal(value);
        return index >= 0 ? index : Define(value);
    }

    private int FindName(DefinableType type)
    {
        int index = Find(type, (type as ResourceType)?.Identity);
        return index >= 0 || type is not ComponentValueType value ? index : FindOriginal(value);
    }

    private int FindOriginal(ComponentValueType value)
    {
        ComponentValueType? origin = value.Origin;
        for (int i = 0; i < MaxNamesOfNames && origin is not null; i++, origin = origin.Origin)
        {
            int index = Find(origin, null);
            if (index >= 0)
            {
                return index;
            }
        }

        return -1;
    }

    /// <summary>The index of a named type or resource here, by an outer alias if a scope around this one has it; else -1.</summary>
    private int Find(TypeNode type, ResourceIdentity? identity)
    {
        int index = FindHere(type, identity);
        int count = 1;
        for (TypeScope? scope = parent; index < 0 && scope is not null; scope = scope.Parent, count++)
        {
            int outer = scope.FindHere(type, identity);
            if (outer >= 0)
            {
                index = AliasOuter(count, outer);
                _named[type] = index;
                if (identity is not null)
                {
                    _resources.TryAdd(identity, index);
                }
            }
        }

        return index;
    }

    private TypeScope? Parent => parent;

    private int FindHere(TypeNode type, ResourceIdentity? identity)
    {
        if (_named.TryGetValue(type, out int index))
        {
            return index;
        }

        if (_exported.TryGetValue(type, out (InstancePlace Instance, string Name) place))
        {
            index = AliasExport(TextSort.Type, place.Instance.IndexIn(this), place.Name);
            Name((DefinableType)type, index);
            return index;
        }

        if (identity is null)
        {
            return -1;
        }

        if (_resources.TryGetValue(identity, out index))
        {
            return index;
        }

        if (_exported.TryGetValue(identity, out place))
        {
            index = AliasExport(TextSort.Type, place.Instance.IndexIn(this), place.Name);
            _resources[identity] = index;
            return index;
        }

        return -1;
    }

    private int AliasOuter(int count, int index)
    {
        ByteBuffer bytes = new();
        TextSort.Type.Write(bytes);
        bytes.Byte(2);
        bytes.Unsigned((uint)count);
        bytes.Unsigned((uint)index);
        Emit(TextSection.Alias, bytes.Span);
        return Next(TextSort.Type);
    }

    /// <summary>Writes a type out; one with the same bytes is the same type.</summary>
    private int Define(DefinableType type)
    {
        ByteBuffer bytes = new();
        switch (type)
        {
            case ComponentValueType value:
                new ValueTypeWriter(this, bytes).Define(value);
                break;
            case ComponentFunctionType function:
                new ValueTypeWriter(this, bytes).Define(function);
                break;
            case InstanceType instance:
                DeclaratorScope exports = new(this);
                exports.Exports(instance.Exports);
                bytes.Byte(0x42);
                exports.Write(bytes);
                break;
            case ComponentType component:
                DeclaratorScope items = new(this);
                items.Imports(component.Imports);
                items.Exports(component.Exports);
                bytes.Byte(0x41);
                items.Write(bytes);
                break;
            default:
                throw new InvalidOperationException($"no definition of {type.GetType().Name}");
        }

        return DefineBytes(bytes.Span);
    }

    /// <summary>Writes the definition of a type.</summary>
    protected int DefineBytes(ReadOnlySpan<byte> bytes)
    {
        string content = Convert.ToBase64String(bytes);
        if (_byContent.TryGetValue(content, out int index))
        {
            return index;
        }

        Emit(TextSection.Type, bytes);
        index = Next(TextSort.Type);
        _byContent.Add(content, index);
        return index;
    }

    /// <summary>An instance, perhaps within another; it gets an index when something of it is used.</summary>
    private sealed class InstancePlace(InstancePlace? outer, string name, int index)
    {
        private int _index = index;

        public int IndexIn(TypeScope scope) => _index >= 0 ? _index : _index = scope.AliasExport(TextSort.Instance, outer!.IndexIn(scope), name);
    }
}

/// <summary>The type of an instance or component that is being written.</summary>
internal sealed class DeclaratorScope(TypeScope? parent) : TypeScope(parent)
{
    private readonly ByteBuffer _bytes = new();
    private uint _count;

    public void Imports(ImmutableArray<ComponentItem> items)
    {
        foreach (ComponentItem item in items)
        {
            Import(item);
        }
    }

    public void Exports(ImmutableArray<ComponentItem> items)
    {
        foreach (ComponentItem item in items)
        {
            Declare(TextSection.Export, item);
        }
    }

    /// <summary>Writes the number of declarators and the declarators.</summary>
    public void Write(ByteBuffer output)
    {
        output.Unsigned(_count);
        output.Bytes(_bytes.Span);
    }

    protected override void Emit(TextSection section, ReadOnlySpan<byte> bytes)
    {
        _count++;
        _bytes.Byte(SectionWriter.DeclaratorCode(section));
        _bytes.Bytes(bytes);
    }
}
