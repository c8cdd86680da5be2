using System.Collections.Immutable;
using Atoll.Components.Instantiation;
using Atoll.Components.Types;

namespace Atoll.Components.Bindings;

/// <summary>Compares what a contract states with a component's type. Types that were compared once are not compared again.</summary>
internal sealed class ContractCheck
{
    private readonly HashSet<(ContractType, ComponentValueType)> _same = [];
    private readonly Dictionary<ResourceIdentity, string> _resources = new(ReferenceEqualityComparer.Instance);
    private readonly List<string> _differences = [];

    private ContractCheck()
    {
    }

    /// <summary>One line for each difference, with its path.</summary>
    public static IReadOnlyList<string> Run(ContractText contract, ComponentType type)
    {
        ContractCheck check = new();
        check.NameResources(type.Imports);
        check.NameResources(type.Exports);
        foreach (ContractFunction function in contract.Functions)
        {
            check.Check(function, function.IsImport ? type.Imports : type.Exports);
        }

        return check._differences;
    }

    private void NameResources(IEnumerable<ComponentItem> items)
    {
        foreach (ComponentItem item in items)
        {
            if (item.Type.Type is ResourceType resource)
            {
                _resources.TryAdd(resource.Identity, item.Name);
            }
            else if (item.Type.Type is InstanceType instance)
            {
                NameResources(instance.Exports);
            }
        }
    }

    private void Check(ContractFunction wanted, ImmutableArray<ComponentItem> items)
    {
        int mark = wanted.Name.IndexOf('#', StringComparison.Ordinal);
        string path = (wanted.IsImport ? "import " : "export ") + (mark < 0 ? $"`{wanted.Name}`" : $"`{wanted.Name[..mark]}` / `{wanted.Name[(mark + 1)..]}`");
        ComponentItem? item = VersionTracks.Find(items, mark < 0 ? wanted.Name : wanted.Name[..mark]);
        if (mark >= 0 && item?.Type.Type is InstanceType instance)
        {
            item = instance.Find(wanted.Name[(mark + 1)..]);
        }

        if (item?.Type.Type is not ComponentFunctionType found)
        {
            // A component may leave out what it could import.
            if (!wanted.IsImport)
            {
                _differences.Add($"{path}: expected a function, found {(item is null ? "nothing" : "something else")}");
            }

            return;
        }

        if (wanted.IsAsync != found.IsAsync)
        {
            _differences.Add($"{path}: expected {(wanted.IsAsync ? "an asynchronous" : "a synchronous")} function, found {(found.IsAsync ? "an asynchronous" : "a synchronous")} one");
        }

        if (CheckNames("parameters", wanted.Parameters.Names, [.. found.Parameters.Select(parameter => parameter.Name)], path))
        {
            for (int i = 0; i < found.Parameters.Length; i++)
            {
                Check(wanted.Parameters.Parts[i], found.Parameters[i].Type, $"{path} / parameter `{found.Parameters[i].Name}`");
            }
        }

        Check(wanted.Result, found.Result, $"{path} / result");
    }

    private void Check(ContractType? wanted, ComponentValueType? found, string path)
    {
        if (wanted is null || found is null)
        {
            if ((wanted is null) != (found is null))
            {
                _differences.Add($"{path}: expected {Describe(wanted)}, found {Describe(found)}");
            }

            return;
        }

        if (!_same.Add((wanted, found)))
        {
            return;
        }

        if (wanted.Kind != found.Kind || (found as ListType)?.Length != wanted.Length)
        {
            _differences.Add($"{path}: expected {Describe(wanted)}, found {Describe(found)}");
            return;
        }

        CheckParts(wanted, found, path);
    }

    private void CheckParts(ContractType wanted, ComponentValueType found, string path)
    {
        switch (found)
        {
            case RecordType record:
                CheckMembers("fields", wanted, [.. record.Fields.Select(field => field.Name)], [.. record.Fields.Select(field => field.Type)], path);
                break;
            case VariantType variant:
                CheckMembers("cases", wanted, [.. variant.Cases.Select(item => item.Name)], [.. variant.Cases.Select(item => item.Type)], path);
                break;
            case EnumType cases:
                CheckNames("cases", wanted.Names, [.. cases.Names], path);
                break;
            case FlagsType flags:
                CheckNames("flags", wanted.Names, [.. flags.Names], path);
                break;
            case TupleType tuple when tuple.Elements.Length != wanted.Parts.Length:
                _differences.Add($"{path}: expected a tuple of {wanted.Parts.Length}, found one of {tuple.Elements.Length}");
                break;
            case TupleType tuple:
                CheckAll(wanted.Parts, [.. tuple.Elements], i => $"{path} / {i}");
                break;
            case ListType list:
                Check(wanted.Parts[0], list.Element, $"{path} / element");
                break;
            case OptionType option:
                Check(wanted.Parts[0], option.Value, $"{path} / value");
                break;
            case ResultType result:
                CheckAll(wanted.Parts, [result.Ok, result.Error], i => $"{path} / {(i == 0 ? "ok" : "error")}");
                break;
            case MapType map:
                CheckAll(wanted.Parts, [map.Key, map.Value], i => $"{path} / {(i == 0 ? "key" : "value")}");
                break;
            case StreamType stream:
                Check(wanted.Parts[0], stream.Element, $"{path} / element");
                break;
            case FutureType future:
                Check(wanted.Parts[0], future.Element, $"{path} / value");
                break;
            case OwnType own:
                CheckResource(wanted.Names[0], own.Resource, path);
                break;
            case BorrowType borrow:
                CheckResource(wanted.Names[0], borrow.Resource, path);
                break;
        }
    }

    private void CheckMembers(string what, ContractType wanted, string[] names, ComponentValueType?[] types, string path)
    {
        if (CheckNames(what, wanted.Names, names, path))
        {
            CheckAll(wanted.Parts, types, i => $"{path} / `{names[i]}`");
        }
    }

    private void CheckAll(ContractType?[] wanted, ComponentValueType?[] found, Func<int, string> path)
    {
        for (int i = 0; i < found.Length; i++)
        {
            Check(wanted[i], found[i], path(i));
        }
    }

    private bool CheckNames(string what, string[] wanted, string[] found, string path)
    {
        bool isSame = wanted.AsSpan().SequenceEqual(found);
        if (!isSame)
        {
            _differences.Add($"{path}: expected the {what} {List(wanted)}, found {List(found)}");
        }

        return isSame;
    }

    private void CheckResource(string wanted, ResourceType found, string path)
    {
        if (_resources.GetValueOrDefault(found.Identity) is { } name && name != wanted)
        {
            _differences.Add($"{path}: expected the resource `{wanted}`, found `{name}`");
        }
    }

    private static string List(string[] names) => names.Length == 0 ? "none" : string.Join(", ", names.Select(name => $"`{name}`"));

    private static string Describe(ContractType? type) => type is null ? "nothing" : Describe(type.Kind, type.Length);

    private static string Describe(ComponentValueType? type) => type is null ? "nothing" : Describe(type.Kind, (type as ListType)?.Length);

    private static string Describe(ComponentValueKind kind, uint? length) =>
        kind.ToString().ToLowerInvariant() + (length is null ? "" : $" of {length} elements");
}
