using System.Collections.Immutable;
using Atoll.Components.Binary;
using Atoll.Components.Instantiation;
using Atoll.Components.Text;
using Atoll.Components.Types;
using Atoll.Components.Validation;
using Atoll.Wit;

namespace Atoll.Components.Writing;

/// <summary>
/// Components put together: what one imports, others export. All become parts of a new component, which imports what is still open and exports what the first
/// one exports.
/// </summary>
internal sealed class Composition
{
    private readonly Part _socket;
    private readonly Part[] _plugs;
    private readonly ComponentBuilder _builder = new();

    /// <summary>For an import of the socket: which plug satisfies it, with which of its exports.</summary>
    private readonly Dictionary<string, (Part Plug, ComponentItem Export)> _plugged = new(StringComparer.Ordinal);

    private Composition(Part socket, Part[] plugs)
    {
        _socket = socket;
        _plugs = plugs;
    }

    /// <summary>A component, its name for people, and what validation knows about it.</summary>
    internal sealed record Part(string Name, byte[] Bytes, ComponentType Type)
    {
        /// <summary>Index of its instance, once there is one.</summary>
        public int Instance { get; set; } = -1;

        public static Part Load(string name, byte[] bytes, CancellationToken cancellationToken) =>
            new(name, bytes, ComponentLoader.Load(bytes, ComponentLoadOptions.Default, cancellationToken).Type!);
    }

    public static byte[] Plug(Part socket, Part[] plugs)
    {
        Composition composition = new(socket, plugs);
        composition.Match();
        composition.Write();
        return composition._builder.ToArray();
    }

    private void Match()
    {
        TypeMapping mapping = new();
        TypeMatcher matcher = new(mapping, _socket.Type.ImportedResources, new TypeBudget(ComponentLimits.Default.MaxTypeWork));
        List<string> problems = [];
        foreach (ComponentItem import in _socket.Type.Imports)
        {
            if (Find(import.Name) is not { } found)
            {
                continue;
            }

            if (matcher.Match(found.Export.Type, import.Type) is { } problem)
            {
                problems.Add($"{_socket.Name} imports `{import.Name}`, and {found.Plug.Name} exports `{found.Export.Name}` with another type: {problem}");
            }

            _plugged.Add(import.Name, found);
        }

        if (problems.Count > 0)
        {
            throw new ComponentWritingException("the components do not fit together", [.. problems]);
        }

        foreach (Part plug in _plugs)
        {
            if (!_plugged.Values.Any(found => found.Plug == plug))
            {
                throw new ComponentWritingException(
                    $"{plug.Name} exports nothing that {_socket.Name} imports and no plug before it exports",
                    $"{_socket.Name} imports {Names(_socket.Type.Imports)}",
                    $"{plug.Name} exports {Names(plug.Type.Exports)}");
            }
        }

        CheckResources();
    }

    /// <summary>The first plug that exports a name, else the first that exports a version of it that is compatible.</summary>
    private (Part Plug, ComponentItem Export)? Find(string name)
    {
        foreach (Func<string, bool> fits in new Func<string, bool>[] { other => other == name, other => VersionTracks.AreCompatible(other, name) })
        {
            foreach (Part plug in _plugs)
            {
                if (plug.Type.Exports.FirstOrDefault(item => fits(item.Name)) is { } export)
                {
                    return (plug, export);
                }
            }
        }

        return null;
    }

    /// <summary>What stays an import cannot speak of a resource that a plug brings: outside, nobody has it.</summary>
    private void CheckResources()
    {
        Dictionary<ResourceIdentity, string> brought = new(ReferenceEqualityComparer.Instance);
        HashSet<ResourceIdentity> outside = new(ReferenceEqualityComparer.Instance);
        foreach (ComponentItem import in _socket.Type.Imports)
        {
            HashSet<ResourceIdentity> resources = new(ReferenceEqualityComparer.Instance);
            Collect(import.Type.Type, resources, new HashSet<TypeNode>(ReferenceEqualityComparer.Instance));
            bool isPlugged = _plugged.ContainsKey(import.Name);
            foreach (ResourceIdentity resource in resources.Where(resource => !outside.Contains(resource)))
            {
                if (isPlugged)
                {
                    brought.TryAdd(resource, import.Name);
                }
                else if (brought.TryGetValue(resource, out string? plugged))
                {
                    throw new ComponentWritingException(
                        $"{_socket.Name} imports `{import.Name}`, which has to come from outside and speaks of a resource of `{plugged}`, "
                        + $"which {_plugged[plugged].Plug.Name} brings. "
                        + $"Plug in a component that exports `{import.Name}` too.");
                }
                else
                {
                    outside.Add(resource);
                }
            }
        }
    }

    private static void Collect(TypeNode type, HashSet<ResourceIdentity> resources, HashSet<TypeNode> seen)
    {
        if (!type.Has(TypeTraits.Resource) || !seen.Add(type))
        {
            return;
        }

        if (type is ResourceType resource)
        {
            resources.Add(resource.Identity);
        }

        foreach (TypeNode part in Parts.Of(type))
        {
            Collect(part, resources, seen);
        }
    }

    private void Write()
    {
        ImmutableArray<ComponentItem> open = [.. _socket.Type.Imports.Where(import => !_plugged.ContainsKey(import.Name))];
        ComponentType world = new(open, [], [], []);
        string who = _socket.Name;
        foreach (Part plug in _plugs)
        {
            ComponentType imports = new(plug.Type.Imports, [], plug.Type.ImportedResources, []);
            world = WorldMerge.Merge(world, imports, $"{who} and {plug.Name}");
            who += $", {plug.Name}";
        }

        Dictionary<string, NamedIndex> given = new(StringComparer.Ordinal);
        foreach (ComponentItem import in world.Imports)
        {
            given.Add(import.Name, new NamedIndex(import.Name, SortOf(import), _builder.Import(import)));
        }

        int socket = _builder.Component(_socket.Bytes);
        foreach (Part plug in _plugs)
        {
            int component = _builder.Component(plug.Bytes);
            plug.Instance = _builder.Instantiate(component, [.. plug.Type.Imports.Select(import => given[import.Name])]);
        }

        foreach ((string name, (Part plug, ComponentItem export)) in _plugged)
        {
            TextSort sort = SortOf(export);
            given[name] = new NamedIndex(name, sort, _builder.AliasExport(sort, plug.Instance, export.Name));
        }

        _socket.Instance = _builder.Instantiate(socket, [.. _socket.Type.Imports.Select(import => given[import.Name])]);
        foreach (ComponentItem export in _socket.Type.Exports)
        {
            TextSort sort = SortOf(export);
            _builder.Export(new NamedIndex(export.Name, sort, _builder.AliasExport(sort, _socket.Instance, export.Name)), like: export);
        }
    }

    private static TextSort SortOf(ComponentItem item) => ComponentBuilder.SortOf(item.Type.Kind);

    private static string Names(ImmutableArray<ComponentItem> items) =>
        items.IsEmpty ? "nothing" : string.Join(", ", items.Select(item => $"`{item.Name}`"));
}
