using Atoll.Components.Abi;
using Atoll.Components.Types;
using Atoll.Wit;

namespace Atoll.Sdk.Bindgen.Plan;

/// <summary>Makes one <see cref="PlannedType"/> for each type that is met.</summary>
internal sealed class TypePlanner(BindingPlan plan)
{
    private readonly List<PlannedType> _types = [];
    private readonly Dictionary<string, PlannedType> _structural = new(StringComparer.Ordinal);
    private readonly Dictionary<(WitTypeDefinition, Side), PlannedType> _defined = [];
    private readonly Dictionary<(WitTypeDefinition, Side), PlannedType> _aliased = [];
    private int _depth;

    public IReadOnlyList<PlannedType> Types => _types;

    public PlannedType Find(WitType type, Side side)
    {
        if (++_depth > ComponentLimits.Default.MaxTypeDepth)
        {
            throw new GuestBindingsException($"the type `{type}` is deeper than the limit of {ComponentLimits.Default.MaxTypeDepth} types within types");
        }

        PlannedType found = type switch
        {
            WitNamed { Definition.Target: { Body: WitAlias alias } definition } => Aliased(definition, alias, side),
            WitNamed { Definition.Target: var definition } => Defined(definition, side),
            WitHandle handle => Handle(plan.FindResource(handle.Resource, side), handle.IsBorrowed),
            WitPrimitive primitive => Structural(primitive.ToString(), number => new PlannedType
            {
                Kind = (ComponentValueKind)primitive.Kind,
                Number = number,
                Abi = PrimitiveType.Of((ComponentValueKind)primitive.Kind),
                HoldsMemory = primitive.Kind == WitPrimitiveKind.String,
            }),
            WitList list => List(Find(list.Element, side), list.Length),
            WitMap map => List(Tuple([Find(map.Key, side), Find(map.Value, side)]), null),
            WitOption option => Option(Find(option.Element, side)),
            WitResult result => Result(result.Ok is null ? null : Find(result.Ok, side), result.Error is null ? null : Find(result.Error, side)),
            WitTuple tuple => Tuple([.. tuple.Items.Select(item => Find(item, side))]),
            _ => throw new InvalidOperationException($"no plan for {type.GetType().Name}"),
        };
        _depth--;
        return found;
    }

    /// <summary>Remembered: names that stand for several of another that does the same would be followed again and again.</summary>
    private PlannedType Aliased(WitTypeDefinition definition, WitAlias alias, Side side)
    {
        if (!_aliased.TryGetValue((definition, side), out PlannedType? type))
        {
            type = Find(alias.Type, side);
            _aliased.Add((definition, side), type);
        }

        return type;
    }

    private PlannedType Defined(WitTypeDefinition definition, Side side)
    {
        bool isTwin = side == Side.Export && plan.HoldsExported(definition);
        if (!_defined.TryGetValue((definition, isTwin ? Side.Export : Side.Import), out PlannedType? type))
        {
            type = Define(definition, side, isTwin);
            _defined.Add((definition, isTwin ? Side.Export : Side.Import), type);
            _types.Add(type);
        }

        return type;
    }

    private PlannedType Define(WitTypeDefinition definition, Side side, bool isTwin)
    {
        PlannedScope scope = plan.FindScope(definition.Owner, isTwin ? Side.Export : Side.Import);
        switch (definition.Body)
        {
            case WitRecord record:
                (string Name, PlannedType Type, string? Docs)[] fields = [.. record.Fields.Select(field => (field.Name, Find(field.Type, side), field.Docs))];
                return new PlannedType
                {
                    Kind = ComponentValueKind.Record,
                    Number = _types.Count,
                    Abi = new RecordType([.. fields.Select(field => new LabeledType(field.Name, field.Type.Abi))]),
                    Definition = definition,
                    Scope = scope,
                    IsExportedTwin = isTwin,
                    Fields = Place(fields),
                    HoldsMemory = fields.Any(field => field.Type.HoldsMemory),
                    HoldsOwn = fields.Any(field => field.Type.HoldsOwn),
                };
            case WitVariant variant:
                PlannedCase[] cases = [.. variant.Cases.Select(item => new PlannedCase(item.Name, item.Type is null ? null : Find(item.Type, side), item.Docs))];
                return new PlannedType
                {
                    Kind = ComponentValueKind.Variant,
                    Number = _types.Count,
                    Abi = new VariantType([.. cases.Select(item => new VariantCase(item.Name, item.Type?.Abi))]),
                    Definition = definition,
                    Scope = scope,
                    IsExportedTwin = isTwin,
                    Cases = cases,
                    HoldsMemory = cases.Any(item => item.Type is { HoldsMemory: true }),
                    HoldsOwn = cases.Any(item => item.Type is { HoldsOwn: true }),
                };
            case WitEnum names:
                return new PlannedType
                {
                    Kind = ComponentValueKind.Enum,
                    Number = _types.Count,
                    Abi = new EnumType([.. names.Cases.Select(item => item.Name)]),
                    Definition = definition,
                    Scope = scope,
                    Cases = [.. names.Cases.Select(item => new PlannedCase(item.Name, null, item.Docs))],
                };
            case WitFlags flags:
                return new PlannedType
                {
                    Kind = ComponentValueKind.Flags,
                    Number = _types.Count,
                    Abi = new FlagsType([.. flags.Flags.Select(item => item.Name)]),
                    Definition = definition,
                    Scope = scope,
                    Flags = [.. flags.Flags.Select(item => new PlannedCase(item.Name, null, item.Docs))],
                };
            default:
                throw new InvalidOperationException($"no plan for {definition.Body.GetType().Name}");
        }
    }

    private PlannedType Handle(PlannedResource resource, bool isBorrowed) =>
        Structural($"{(isBorrowed ? "borrow" : "own")} {resource.Scope.Side} {resource.Scope.ImportModule} {resource.Name}", number => new PlannedType
        {
            Kind = isBorrowed ? ComponentValueKind.Borrow : ComponentValueKind.Own,
            Number = number,

            // Only measured: which resource it is does not matter for that.
            Abi = isBorrowed ? new BorrowType(new ResourceType(new ResourceIdentity())) : new OwnType(new ResourceType(new ResourceIdentity())),
            Resource = resource,
            HoldsOwn = !isBorrowed,
        });

    private PlannedType List(PlannedType element, int? length) => Structural($"list {element.Number} {length}", number => new PlannedType
    {
        Kind = ComponentValueKind.List,
        Number = number,
        Abi = new ListType(element.Abi, (uint?)length),
        Element = element,
        Length = length,
        HoldsMemory = length is null || element.HoldsMemory,
        HoldsOwn = element.HoldsOwn,
    });

    private PlannedType Tuple(PlannedType[] items) => Structural($"tuple {string.Join(' ', items.Select(item => item.Number))}", number => new PlannedType
    {
        Kind = ComponentValueKind.Tuple,
        Number = number,
        Abi = new TupleType([.. items.Select(item => item.Abi)]),
        Fields = Place([.. items.Select((item, i) => (i.ToString(System.Globalization.CultureInfo.InvariantCulture), item, (string?)null))]),
        HoldsMemory = items.Any(item => item.HoldsMemory),
        HoldsOwn = items.Any(item => item.HoldsOwn),
    });

    private PlannedType Option(PlannedType value) => Structural($"option {value.Number}", number => new PlannedType
    {
        Kind = ComponentValueKind.Option,
        Number = number,
        Abi = new OptionType(value.Abi),
        Cases = [new PlannedCase("none", null, null), new PlannedCase("some", value, null)],
        HoldsMemory = value.HoldsMemory,
        HoldsOwn = value.HoldsOwn,
    });

    private PlannedType Result(PlannedType? ok, PlannedType? error) => Structural($"result {ok?.Number} , {error?.Number}", number => new PlannedType
    {
        Kind = ComponentValueKind.Result,
        Number = number,
        Abi = new ResultType(ok?.Abi, error?.Abi),
        Cases = [new PlannedCase("ok", ok, null), new PlannedCase("err", error, null)],
        HoldsMemory = ok is { HoldsMemory: true } || error is { HoldsMemory: true },
        HoldsOwn = ok is { HoldsOwn: true } || error is { HoldsOwn: true },
    });

    private PlannedType Structural(string key, Func<int, PlannedType> make)
    {
        if (!_structural.TryGetValue(key, out PlannedType? type))
        {
            _structural.Add(key, type = make(_types.Count));
            _types.Add(type);
        }

        return type;
    }

    private static List<PlannedField> Place(IReadOnlyList<(string Name, PlannedType Type, string? Docs)> fields)
    {
        List<PlannedField> placed = [];
        uint end = 0;
        foreach ((string name, PlannedType type, string? docs) in fields)
        {
            uint offset = Layout.AlignTo(end, type.Alignment);
            placed.Add(new PlannedField(name, type, offset, docs));
            end = checked(offset + type.Size);
        }

        return placed;
    }
}
