using Atoll.Components.Binary;
using Atoll.Components.Types;

namespace Atoll.Components.Validation;

/// <summary>The names of the imports, or of the exports, of one component, type or instance; and what they say about the resources among them.</summary>
/// <param name="what">What the names are of, for messages.</param>
/// <param name="features">What is enabled.</param>
/// <param name="namesResources">
/// Whether a type gets its name here. In a list of exports it does not: functions of the list cannot speak of the type under the name that the list gives it.
/// </param>
internal sealed class NameContext(string what, ComponentFeatures features, bool namesResources = true)
{
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<ResourceType, string> _resources = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<string> _resourceNames = new(StringComparer.Ordinal);

    private bool IsImport => what == "import";

    /// <summary>Checks a name with what it names, and adds it.</summary>
    public ComponentItem Add(ExternName name, ComponentExternType type)
    {
        ParsedName parsed = Parse(name.Name, name.Offset, IsImport ? "extern name" : "export name");
        if (!IsImport && parsed.Kind >= NameKind.Dependency)
        {
            throw new InvalidComponentException($"{what} name `{Shorten(name.Name)}` is not a valid export name: it can only be imported", name.Offset);
        }

        CheckAttributes(name, parsed, type);
        CheckAnnotation(parsed, name, type);
        if (!_names.TryAdd(parsed.UniqueKey, name.Name))
        {
            throw new InvalidComponentException(
                $"{what} name `{Shorten(name.Name)}` conflicts with previous name `{Shorten(_names[parsed.UniqueKey])}`", name.Offset);
        }

        if (namesResources && type is { Kind: ComponentExternKind.Type, Type: ResourceType resource })
        {
            _resources.TryAdd(resource, name.Name);
            _resourceNames.Add(name.Name);
        }

        return new ComponentItem(name.Name, type) { Implements = name.Implements, VersionSuffix = name.VersionSuffix, ExternalId = name.ExternalId };
    }

    private ParsedName Parse(string text, int offset, string form)
    {
        try
        {
            return ParsedName.Parse(text, features);
        }
        catch (FormatException e)
        {
            throw new InvalidComponentException($"`{Shorten(text)}` is not a valid {form}: {Shorten(e.Message)}", offset, e);
        }
    }

    private static string Shorten(string text) => text.Length <= 200 ? text : text[..200] + "…";

    private void CheckAttributes(ExternName name, ParsedName parsed, ComponentExternType type)
    {
        if (name.Implements is { } implements)
        {
            Require(ComponentFeatures.Implements, name.Offset);
            if (type.Kind != ComponentExternKind.Instance)
            {
                throw new InvalidComponentException("only instances can have an `implements`", name.Offset);
            }

            if (parsed.Kind != NameKind.Label)
            {
                throw new InvalidComponentException($"name `{Shorten(name.Name)}` is not valid with `implements`", name.Offset);
            }

            if (Parse(implements, name.Offset, "name of an interface").Kind != NameKind.Interface)
            {
                throw new InvalidComponentException($"`{Shorten(implements)}` must be an interface to be used with `implements`", name.Offset);
            }
        }

        if (name.VersionSuffix is { } suffix)
        {
            Require(ComponentFeatures.CanonicalNames, name.Offset);
            if (type.Kind != ComponentExternKind.Instance)
            {
                throw new InvalidComponentException("only instances can have a `versionsuffix`", name.Offset);
            }

            if (parsed.CanonicalVersion is not { } version || !NameParser.IsVersion(version + suffix))
            {
                throw new InvalidComponentException($"invalid interface version: `{Shorten(name.Name)}` with the suffix `{Shorten(suffix)}`", name.Offset);
            }
        }
    }

    private void Require(ComponentFeatures feature, int offset)
    {
        if ((features & feature) == 0)
        {
            throw new InvalidComponentException($"names need the feature {feature}, which is not enabled", offset);
        }
    }

    /// <summary>Names of constructors, methods and static functions bind the function's type ("Binary Format", notes on imports and exports).</summary>
    private void CheckAnnotation(ParsedName name, ExternName written, ComponentExternType type)
    {
        if (name.Kind is not (NameKind.Constructor or NameKind.Method or NameKind.Static))
        {
            return;
        }

        if (type.Type is not ComponentFunctionType function || type.Kind != ComponentExternKind.Function)
        {
            throw new InvalidComponentException($"{what} name `{Shorten(written.Name)}` is not valid: item is not a func", written.Offset);
        }

        string? problem = name.Kind switch
        {
            NameKind.Constructor => CheckConstructor(name, function),
            NameKind.Method => CheckMethod(name, function),
            _ => _resourceNames.Contains(name.Resource) ? null : "static resource name is not known in this context",
        };
        if (problem is not null)
        {
            throw new InvalidComponentException($"{what} name `{Shorten(written.Name)}` is not valid: {problem}", written.Offset);
        }
    }

    private string? CheckConstructor(ParsedName name, ComponentFunctionType function)
    {
        ComponentValueType? result = function.Result is ResultType { Ok: not null } fallible ? fallible.Ok : function.Result;
        return function.Result is null ? "function should return one value"
            : result is OwnType own ? CheckResource(own.Resource, name.Resource) : "function should return `(own $T)` or `(result (own $T))`";
    }

    private string? CheckMethod(ParsedName name, ComponentFunctionType function)
    {
        if (function.Parameters.IsEmpty)
        {
            return "function should have at least one argument";
        }

        LabeledType self = function.Parameters[0];
        if (self.Name != "self")
        {
            return $"function should have a first argument called `self`, found `{self.Name}`";
        }

        return self.Type is BorrowType borrow ? CheckResource(borrow.Resource, name.Resource) : "function should take a first argument of `(borrow $T)`";
    }

    private string? CheckResource(ResourceType resource, string name) =>
        !_resources.TryGetValue(resource, out string? known) ? "resource used in function does not have a name in this context"
        : known == name ? null : $"function does not match expected resource name `{known}`";
}
