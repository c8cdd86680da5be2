using System.Collections.Immutable;
using Atoll.Components.Types;
using Atoll.Wit;

namespace Atoll.Components.Writing;

/// <summary>A world as the types that a component of that world imports and exports ("WIT.md", "Package Format").</summary>
internal sealed class WitTypes
{
    private readonly Dictionary<WitTypeDefinition, DefinableType> _imported = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<WitTypeDefinition, DefinableType> _exported = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<WitItemOwner> _exporting = new(ReferenceEqualityComparer.Instance);
    private Dictionary<WitTypeDefinition, DefinableType> _current;

    private WitItemOwner? _owner;
    private ImmutableArray<ComponentItem>.Builder _items = ImmutableArray.CreateBuilder<ComponentItem>();
    private int _depth;

    private WitTypes() => _current = _imported;

    public static ComponentType Of(WitWorld world) => new WitTypes().Convert(world);

    private ComponentType Convert(WitWorld world)
    {
        ImmutableArray<ComponentItem>.Builder imports = ImmutableArray.CreateBuilder<ComponentItem>();
        foreach (WitWorldItem item in world.Imports.Where(item => item.Interface is not null))
        {
            imports.Add(Interface(item));
        }

        AddTypes(world, imports);
        imports.AddRange(world.Imports.Where(item => item.Function is not null).Select(item => Function(item.Function!)));
        _exporting.UnionWith(world.Exports.Select(item => item.Interface).OfType<WitItemOwner>());
        ImmutableArray<ComponentItem>.Builder exports = ImmutableArray.CreateBuilder<ComponentItem>();
        foreach (WitWorldItem item in world.Exports)
        {
            _current = item.Interface is null ? _imported : _exported;
            exports.Add(item.Interface is null ? Function(item.Function!) : Interface(item));
        }

        return new ComponentType(imports.ToImmutable(), exports.ToImmutable(), [], []);
    }

    private ComponentItem Interface(WitWorldItem item)
    {
        ImmutableArray<ComponentItem>.Builder exports = ImmutableArray.CreateBuilder<ComponentItem>();
        AddTypes(item.Interface!, exports);
        exports.AddRange(item.Interface!.FunctionList.Select(Function));
        return new ComponentItem(item.Name, new ComponentExternType(ComponentExternKind.Instance, new InstanceType(exports.ToImmutable(), [])))
        {
            ExternalId = item.Annotations.ExternalId,
        };
    }

    /// <summary>Adds the types of an interface or world, and then the functions of its resources, which may speak of all of them.</summary>
    private void AddTypes(WitItemOwner owner, ImmutableArray<ComponentItem>.Builder items)
    {
        (_owner, _items) = (owner, items);
        foreach (WitTypeDefinition type in owner.Types)
        {
            _current.Remove(type);
        }

        foreach (WitTypeDefinition type in owner.Types)
        {
            AddType(type);
        }

        items.AddRange(owner.Types.Select(type => type.Body).OfType<WitResource>().SelectMany(resource => resource.Functions).Select(Function));
    }

    /// <summary>Adds a type, after those of its interface that it speaks of.</summary>
    private DefinableType AddType(WitTypeDefinition definition)
    {
        if (_current.TryGetValue(definition, out DefinableType? type))
        {
            return type;
        }

        if (++_depth > ComponentLimits.Default.MaxTypeDepth)
        {
            throw new ComponentWritingException($"the type `{definition.Name}` is deeper than the limit of {ComponentLimits.Default.MaxTypeDepth} types within types");
        }

        type = Define(definition);
        _depth--;
        _current.Add(definition, type);
        _items.Add(new ComponentItem(definition.Name, new ComponentExternType(ComponentExternKind.Type, type)) { ExternalId = definition.Annotations.ExternalId });
        return type;
    }

    private DefinableType Define(WitTypeDefinition definition) => definition.Body switch
    {
        WitResource => new ResourceType(new ResourceIdentity()),
        WitUse use => Rename(Used(use.Definition)),
        WitAlias { Type: WitNamed named } => Rename(Find(named.Definition)),
        WitAlias alias => Value(alias.Type).Rename(),
        WitRecord record => new RecordType([.. record.Fields.Select(field => new LabeledType(field.Name, Value(field.Type)))]),
        WitVariant variant => new VariantType([.. variant.Cases.Select(item => new VariantCase(item.Name, item.Type is null ? null : Value(item.Type)))]),
        WitEnum @enum => new EnumType([.. @enum.Cases.Select(item => item.Name)]),
        WitFlags flags => new FlagsType([.. flags.Flags.Select(item => item.Name)]),
        _ => throw new InvalidOperationException($"no type of {definition.Body.GetType().Name}"),
    };

    private static DefinableType Rename(DefinableType type) =>
        type is ResourceType resource ? new ResourceType(resource.Identity) : ((ComponentValueType)type).Rename();

    /// <summary>A type of another interface: of the exported one where that is exported too, else of the imported one.</summary>
    private DefinableType Used(WitTypeDefinition definition) =>
        _current == _exported && _exporting.Contains(definition.Owner) && _exported.TryGetValue(definition, out DefinableType? type) ? type : _imported[definition];

    private DefinableType Find(WitTypeDefinition definition) => definition.Owner == _owner ? AddType(definition) : Used(definition);

    private ComponentItem Function(WitFunction function) => new(
        function.ExternName,
        new ComponentExternType(ComponentExternKind.Function, new ComponentFunctionType(
            [.. function.Parameters.Select(parameter => new LabeledType(parameter.Name, Value(parameter.Type)))],
            function.Result is null ? null : Value(function.Result),
            function.IsAsync)))
    {
        ExternalId = function.Annotations.ExternalId,
    };

    private ComponentValueType? Optional(WitType? type) => type is null ? null : Value(type);

    private ComponentValueType Value(WitType type) => type switch
    {
        WitPrimitive primitive => PrimitiveType.Of((ComponentValueKind)primitive.Kind),
        WitList list => new ListType(Value(list.Element), (uint?)list.Length),
        WitOption option => new OptionType(Value(option.Element)),
        WitResult result => new ResultType(Optional(result.Ok), Optional(result.Error)),
        WitTuple tuple => new TupleType([.. tuple.Items.Select(Value)]),
        WitMap map => new MapType(Value(map.Key), Value(map.Value)),
        WitFuture future => new FutureType(Optional(future.Payload)),
        WitStream stream => new StreamType(Optional(stream.Payload)),
        WitHandle { IsBorrowed: true } handle => new BorrowType((ResourceType)Find(handle.Resource)),
        WitHandle handle => new OwnType((ResourceType)Find(handle.Resource)),
        WitNamed named => (ComponentValueType)Find(named.Definition),
        _ => throw new InvalidOperationException($"no type of {type.GetType().Name}"),
    };
}
