using Atoll.Components.Binary;
using Atoll.Components.Types;

namespace Atoll.Components.Validation;

/// <content>Imports and exports ("Explainer", "Import and Export Definitions" and "External Visibility of Types").</content>
internal sealed partial class ComponentValidator
{
    private void AddImport(Scope scope, ImportEntry entry)
    {
        ComponentExternType type = ResolveExtern(scope, entry.Syntax, isImport: true);
        entry.Item = scope.ImportNames.Add(entry.Name, type);
        if (!Register(scope, type, isImport: true))
        {
            throw Invalid($"{Word(type.Kind)} not valid to be used as import", entry.Offset);
        }

        scope.Imports.Add(entry.Item);
        scope.Add(type);
        CheckCount(scope.Imports.Count - 1, _limits.MaxDefinitions, "imports", entry.Offset);
    }

    private void AddExport(Scope scope, ExportEntry entry)
    {
        ComponentExternType type = Find(scope, entry.Target, entry.Offset);
        if (type.Kind == ComponentExternKind.Value)
        {
            Require(ComponentFeatures.Values, "values", entry.Offset);
        }

        if (entry.Ascribed is { } ascribed)
        {
            type = Ascribe(scope, type, ascribed, entry.Offset);
        }

        if (type.Kind == ComponentExternKind.Type)
        {
            type = type with { Type = Rename((DefinableType)type.Type) };
        }

        entry.Item = AddExport(scope, entry.Name, type, entry.Offset);
        if (type.Kind == ComponentExternKind.Value)
        {
            // What leaves the component is used by whoever gets it.
            scope.Values[^1].IsUsed = true;
        }
    }

    private ComponentItem AddExport(Scope scope, ExternName name, ComponentExternType type, int offset)
    {
        ComponentItem item = scope.ExportNames.Add(name, type);
        if (!Register(scope, type, isImport: false))
        {
            throw Invalid($"{Word(type.Kind)} not valid to be used as export", offset);
        }

        scope.Exports.Add(item);
        scope.Add(type);
        CheckCount(scope.Exports.Count - 1, _limits.MaxDefinitions, "exports", offset);
        return item;
    }

    /// <summary>An export may be given a type that says less than its own.</summary>
    private ComponentExternType Ascribe(Scope scope, ComponentExternType type, ExternSyntax syntax, int offset)
    {
        if (syntax.Kind == ComponentExternKind.Type && syntax.Bound == BoundKind.AnyResource)
        {
            // From outside nobody can tell any more which resource it is.
            return type.Type is ResourceType
                ? type with { Type = new ResourceType(new ResourceIdentity()) }
                : throw Invalid("ascribed type of export is not compatible with item's type: expected resource", offset);
        }

        TypeMapping mapping = new();
        ComponentExternType wanted;
        IEnumerable<ResourceIdentity> open = [];
        if (syntax.Kind == ComponentExternKind.Instance)
        {
            InstanceType instance = FindType<InstanceType>(scope, syntax, "an instance type");
            open = instance.Resources;
            wanted = new ComponentExternType(syntax.Kind, instance);
        }
        else
        {
            wanted = ResolveExtern(scope, syntax, isImport: false);
        }

        if (new TypeMatcher(mapping, open, _budget).Match(type, wanted) is { } problem)
        {
            throw Invalid($"ascribed type of export is not compatible with item's type: {problem}", offset);
        }

        return wanted.Type is InstanceType declared && wanted.Kind == ComponentExternKind.Instance
            ? new ComponentExternType(wanted.Kind, new InstanceType(new Substitution(mapping, _budget).Apply(declared.Exports), []))
            : wanted;
    }

    private static string Word(ComponentExternKind kind) => kind switch
    {
        ComponentExternKind.CoreModule => "module",
        ComponentExternKind.Function => "func",
        _ => kind.ToString().ToLowerInvariant(),
    };

    /// <summary>
    /// Whether all types that an import or export speaks of have a name outside; a type that is imported or exported itself has one from then on.
    /// An instance type is looked at where an instance of it is imported or exported.
    /// </summary>
    private bool Register(Scope scope, ComponentExternType type, bool isImport) =>
        scope.Kind == ScopeKind.InstanceType || Register(type, isImport ? scope.ImportedTypes : scope.ExportedTypes, isImport ? scope.ExportedTypes : null);

    private bool Register(ComponentExternType item, HashSet<DefinableType> named, HashSet<DefinableType>? alsoNamed)
    {
        if (!item.Type.Has(TypeTraits.Named))
        {
            return true;
        }

        _budget.Spend();
        switch (item.Kind)
        {
            case ComponentExternKind.Type:
                DefinableType type = (DefinableType)item.Type;
                if (!ArePartsNamed(type, named))
                {
                    return false;
                }

                named.Add(type);
                alsoNamed?.Add(type);
                return true;
            case ComponentExternKind.Instance:
                return ((InstanceType)item.Type).Exports.All(e => Register(e.Type, named, alsoNamed));
            case ComponentExternKind.Function:
                return ArePartsNamed((ComponentFunctionType)item.Type, named);
            case ComponentExternKind.Value:
                return IsNamed((ComponentValueType)item.Type, named);
            default:
                return true;
        }
    }

    private bool IsNamed(TypeNode type, HashSet<DefinableType> named)
    {
        if (!type.Has(TypeTraits.Named))
        {
            return true;
        }

        _budget.Spend();
        return type is ResourceType or ComponentValueType { NeedsName: true }
            ? named.Contains((DefinableType)type)
            : Parts.Of(type).All(part => IsNamed(part, named));
    }

    private bool ArePartsNamed(DefinableType type, HashSet<DefinableType> named)
    {
        switch (type)
        {
            case ResourceType or ComponentType:
                return true;
            case InstanceType instance:
                // Its own exports count as names for those after them, but not for others.
                HashSet<DefinableType> added = new(ReferenceEqualityComparer.Instance);
                bool result = true;
                foreach (ComponentItem export in instance.Exports)
                {
                    result = result && Register(export.Type, named, null);
                    if (result && export.Type.Type is DefinableType exported && export.Type.Kind == ComponentExternKind.Type)
                    {
                        added.Add(exported);
                    }
                }

                named.ExceptWith(added);
                return result;
            default:
                return Parts.Of(type).All(part => IsNamed(part, named));
        }
    }
}
