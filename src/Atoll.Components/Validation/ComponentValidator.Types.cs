using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Wasm;

namespace Atoll.Components.Validation;

/// <content>Definitions of types ("Explainer", "Type Definitions").</content>
internal sealed partial class ComponentValidator
{
    private const int MaxFlags = 32;
    private const int ResourceCost = 20;
    private const uint MaxListLength = 1 << 30;

    private void AddType(Scope scope, TypeEntry entry)
    {
        entry.Type = Check(Define(scope, entry.Syntax), entry.Offset);
        scope.Types.Add(entry.Type);
        CheckCount(scope.Types.Count - 1, _limits.MaxDefinitions, "types", entry.Offset);
    }

    private DefinableType Define(Scope scope, TypeSyntax syntax) => syntax switch
    {
        ValueTypeSyntax value => DefineValue(scope, value),
        FunctionTypeSyntax function => DefineFunction(scope, function),
        ResourceTypeSyntax resource => DefineResource(scope, resource),
        _ => DefineScope(scope, (ScopeTypeSyntax)syntax),
    };

    private ResourceType DefineResource(Scope scope, ResourceTypeSyntax syntax)
    {
        if (scope.Kind != ScopeKind.Component)
        {
            throw Invalid("resources can only be defined within a concrete component", syntax.Offset);
        }

        if (syntax.Representation == Wasm.ValueType.I64)
        {
            Require(ComponentFeatures.Memory64, "resources with `i64`", syntax.Offset);
        }
        else if (syntax.Representation != Wasm.ValueType.I32)
        {
            throw Invalid("resources can only be represented by `i32` or `i64`", syntax.Offset);
        }

        if (syntax.Destructor >= 0)
        {
            FunctionType destructor = At(scope.CoreFunctions, syntax.Destructor, "core function", syntax.Offset);
            if (!destructor.Equals(new FunctionType([syntax.Representation], [])))
            {
                throw Invalid($"core function {syntax.Destructor} has wrong signature for a destructor: {destructor}", syntax.Offset);
            }
        }

        ResourceIdentity identity = new(syntax.Representation);
        scope.LocalResources.Add(identity);
        return new ResourceType(identity);
    }

    private ComponentFunctionType DefineFunction(Scope scope, FunctionTypeSyntax syntax)
    {
        if (syntax.IsAsync)
        {
            Require(ComponentFeatures.Async, "async functions", syntax.Offset);
        }

        Dictionary<string, string> names = new(StringComparer.Ordinal);
        ImmutableArray<LabeledType>.Builder parameters = ImmutableArray.CreateBuilder<LabeledType>(syntax.Parameters.Length);
        foreach (LabelSyntax parameter in syntax.Parameters)
        {
            CheckLabel(names, parameter.Name, "function parameter", syntax.Offset);
            parameters.Add(new LabeledType(parameter.Name, Resolve(scope, parameter.Type!.Value, syntax.Offset)));
        }

        ComponentValueType? result = Resolve(scope, syntax.Result, syntax.Offset);
        if (result is not null && result.Has(TypeTraits.Borrow))
        {
            throw Invalid("function result cannot contain a `borrow` type", syntax.Offset);
        }

        return new ComponentFunctionType(parameters.MoveToImmutable(), result, syntax.IsAsync);
    }

    private DefinableType DefineScope(Scope parent, ScopeTypeSyntax syntax)
    {
        Scope scope = new(syntax.IsComponent ? ScopeKind.ComponentType : ScopeKind.InstanceType, parent, options.Features);
        foreach (Definition declaration in syntax.Declarations)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _budget.Offset = declaration.Offset;
            switch (declaration)
            {
                case ExportDeclaration export:
                    AddExport(scope, export.Name, ResolveExtern(scope, export.Syntax, isImport: false), export.Offset);
                    break;
                case AliasEntry { Sort: Sort.Type or Sort.Instance, Target: AliasTarget.Export }:
                case AliasEntry { Sort: Sort.Type or Sort.CoreType, Target: AliasTarget.Outer }:
                    AddAlias(scope, (AliasEntry)declaration);
                    break;
                case AliasEntry alias:
                    throw Invalid("an alias of a component or instance type may only refer to types or instances", alias.Offset);
                default:
                    Visit(scope, declaration);
                    break;
            }
        }

        return syntax.IsComponent
            ? new ComponentType([.. scope.Imports], [.. scope.Exports], [.. scope.ImportedResources], [.. scope.DeclaredResources])
            : new InstanceType([.. scope.Exports], [.. scope.DeclaredResources]);
    }

    /// <summary>As Select does, for which the JIT compiler would be needed: its code for structures of ours is not compiled ahead of time.</summary>
    private static ImmutableArray<TResult> Each<T, TResult>(T[] items, Func<T, TResult> selector)
    {
        var results = new TResult[items.Length];
        for (int i = 0; i < items.Length; i++)
        {
            results[i] = selector(items[i]);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(results);
    }

    private ComponentValueType DefineValue(Scope scope, ValueTypeSyntax syntax)
    {
        int offset = syntax.Offset;
        switch (syntax.Kind)
        {
            case ComponentValueKind.Record:
                CheckLabels(syntax, "record field", "record type must have at least one field");
                return new RecordType(Each(syntax.Labels, l => new LabeledType(l.Name, Resolve(scope, l.Type!.Value, offset))));
            case ComponentValueKind.Variant:
                CheckLabels(syntax, "variant case", "variant type must have at least one case");
                return new VariantType(Each(syntax.Labels, l => new VariantCase(l.Name, Resolve(scope, l.Type, offset))));
            case ComponentValueKind.Flags:
                CheckLabels(syntax, "flag", "flags must have at least one entry");
                return syntax.Labels.Length <= MaxFlags
                    ? new FlagsType(Each(syntax.Labels, l => l.Name))
                    : throw Invalid($"cannot have more than {MaxFlags} flags", offset);
            case ComponentValueKind.Enum:
                CheckLabels(syntax, "enum tag", "enum type must have at least one variant");
                return new EnumType(Each(syntax.Labels, l => l.Name));
            case ComponentValueKind.Tuple:
                return syntax.Elements.Length > 0
                    ? new TupleType(Each(syntax.Elements, e => Resolve(scope, e, offset)))
                    : throw Invalid("tuple type must have at least one type", offset);
            case ComponentValueKind.List:
                return DefineList(Resolve(scope, syntax.First!.Value, offset), syntax);
            case ComponentValueKind.Option:
                return new OptionType(Resolve(scope, syntax.First!.Value, offset));
            case ComponentValueKind.Result:
                return new ResultType(Resolve(scope, syntax.First, offset), Resolve(scope, syntax.Second, offset));
            case ComponentValueKind.Own:
                return new OwnType(FindResource(scope, syntax.Resource, offset));
            case ComponentValueKind.Borrow:
                return new BorrowType(FindResource(scope, syntax.Resource, offset));
            case ComponentValueKind.Stream or ComponentValueKind.Future:
                return DefineChannel(Resolve(scope, syntax.First, offset), syntax);
            case ComponentValueKind.Map:
                return DefineMap(Resolve(scope, syntax.First!.Value, offset), Resolve(scope, syntax.Second!.Value, offset), offset);
            default:
                PrimitiveType primitive = PrimitiveType.Of(syntax.Kind);
                CheckPrimitive(primitive, offset);
                return primitive;
        }
    }

    private ListType DefineList(ComponentValueType element, ValueTypeSyntax syntax)
    {
        if (syntax.Length is { } length)
        {
            Require(ComponentFeatures.FixedLengthLists, "lists of a fixed length", syntax.Offset);
            if (length == 0)
            {
                throw Invalid("Fixed-length lists must have more than zero elements", syntax.Offset);
            }

            if (length > MaxListLength)
            {
                throw Invalid($"fixed-length list element count exceeds limit of {MaxListLength}", syntax.Offset);
            }
        }

        return new ListType(element, syntax.Length);
    }

    private ComponentValueType DefineChannel(ComponentValueType? element, ValueTypeSyntax syntax)
    {
        string what = syntax.Kind == ComponentValueKind.Stream ? "stream" : "future";
        Require(ComponentFeatures.Async, $"{what}s", syntax.Offset);
        if (element is not null && element.Has(TypeTraits.Borrow))
        {
            throw Invalid($"a {what} cannot contain a `borrow` type", syntax.Offset);
        }

        if (syntax.Kind == ComponentValueKind.Future)
        {
            return new FutureType(element);
        }

        return element?.Kind != ComponentValueKind.Char
            ? new StreamType(element)
            : throw Invalid("`stream<char>` is not valid at this time, use `stream<u8>` with a defined encoding instead", syntax.Offset);
    }

    private MapType DefineMap(ComponentValueType key, ComponentValueType value, int offset)
    {
        Require(ComponentFeatures.Maps, "maps", offset);
        return key.Kind is <= ComponentValueKind.String and not (ComponentValueKind.F32 or ComponentValueKind.F64)
            ? new MapType(key, value)
            : throw Invalid($"invalid map key type `{key.Kind}`", offset);
    }

    private void CheckPrimitive(PrimitiveType type, int offset)
    {
        if (type.Kind == ComponentValueKind.ErrorContext)
        {
            Require(ComponentFeatures.ErrorContext, "error contexts", offset);
        }
    }

    private ComponentValueType Resolve(Scope scope, ValueSyntax syntax, int offset)
    {
        if (syntax.Primitive is { } primitive)
        {
            CheckPrimitive(primitive, offset);
            return primitive;
        }

        return At(scope.Types, syntax.Index, "type", offset) as ComponentValueType
            ?? throw Invalid($"type index {syntax.Index} is not a defined type", offset);
    }

    private ComponentValueType? Resolve(Scope scope, ValueSyntax? syntax, int offset) => syntax is { } type ? Resolve(scope, type, offset) : null;

    private static ResourceType FindResource(Scope scope, int index, int offset) =>
        At(scope.Types, index, "type", offset) as ResourceType ?? throw Invalid($"type index {index} is not a resource type", offset);

    private static void CheckLabels(ValueTypeSyntax syntax, string what, string whenEmpty)
    {
        if (syntax.Labels.Length == 0)
        {
            throw Invalid(whenEmpty, syntax.Offset);
        }

        Dictionary<string, string> names = new(StringComparer.Ordinal);
        foreach (LabelSyntax label in syntax.Labels)
        {
            CheckLabel(names, label.Name, what, syntax.Offset);
        }
    }

    /// <summary>Labels are in kebab case and differ in more than case.</summary>
    private static void CheckLabel(Dictionary<string, string> names, string name, string what, int offset)
    {
        if (!ParsedName.IsKebab(name))
        {
            throw Invalid(name.Length == 0 ? $"{what} name cannot be empty" : $"{what} name `{name}` is not in kebab case", offset);
        }

        if (!names.TryAdd(name.ToLowerInvariant(), name))
        {
            throw Invalid($"{what} name `{name}` conflicts with previous {what} name `{names[name.ToLowerInvariant()]}`", offset);
        }
    }

    /// <summary>The type of an import or of a declared export, with new names for types and new resources where it leaves them open.</summary>
    private ComponentExternType ResolveExtern(Scope scope, ExternSyntax syntax, bool isImport)
    {
        int offset = syntax.Offset;
        List<ResourceIdentity> resources = isImport ? scope.ImportedResources : scope.DeclaredResources;
        switch (syntax.Kind)
        {
            case ComponentExternKind.CoreModule:
                return At(scope.CoreTypes, syntax.Index, "core type", offset) is CoreModuleType module
                    ? new(syntax.Kind, module)
                    : throw Invalid($"core type index {syntax.Index} is not a module type", offset);
            case ComponentExternKind.Function:
                return new(syntax.Kind, FindType<ComponentFunctionType>(scope, syntax, "a function type"));
            case ComponentExternKind.Component:
                return new(syntax.Kind, FindType<ComponentType>(scope, syntax, "a component type"));
            case ComponentExternKind.Instance:
                return new(syntax.Kind, Open(FindType<InstanceType>(scope, syntax, "an instance type"), resources));
            case ComponentExternKind.Value:
                Require(ComponentFeatures.Values, "values", offset);
                return new(syntax.Kind, syntax.Bound == BoundKind.ValueOfType
                    ? Resolve(scope, syntax.Value, offset)
                    : throw Invalid("values that equal others are not supported yet", offset));
            default:
                if (syntax.Bound != BoundKind.AnyResource)
                {
                    return new(syntax.Kind, Rename(At(scope.Types, syntax.Index, "type", offset)));
                }

                ResourceIdentity identity = new();
                resources.Add(identity);
                return new(syntax.Kind, new ResourceType(identity));
        }
    }

    private static T FindType<T>(Scope scope, ExternSyntax syntax, string what)
        where T : DefinableType =>
        At(scope.Types, syntax.Index, "type", syntax.Offset) as T ?? throw Invalid($"type index {syntax.Index} is not {what}", syntax.Offset);

    /// <summary>An import or export gives a type a name of its own.</summary>
    private static DefinableType Rename(DefinableType type) => type switch
    {
        ResourceType resource => new ResourceType(resource.Identity),
        ComponentValueType value => value.Rename(),
        _ => type,
    };

    /// <summary>The type of an instance that exists: what the instance type leaves open are new resources, which are added to the list.</summary>
    private InstanceType Open(InstanceType type, List<ResourceIdentity> resources)
    {
        if (type.Resources.IsEmpty)
        {
            return type;
        }

        TypeMapping mapping = new();
        foreach (ResourceIdentity resource in type.Resources)
        {
            _budget.Spend(ResourceCost);
            ResourceIdentity identity = new();
            mapping.Add(resource, new ResourceType(identity));
            resources.Add(identity);
        }

        return new InstanceType(new Substitution(mapping, _budget).Apply(type.Exports), []);
    }
}
