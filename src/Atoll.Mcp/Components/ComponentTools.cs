using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Atoll.Components;
using Atoll.Components.Types;
using Atoll.Host.Security;
using Atoll.Mcp.Schema;
using Atoll.Mcp.Tools;
using Atoll.Wasi.Platform;
using Atoll.Wit;

namespace Atoll.Mcp.Components;

/// <summary>A function that is not offered, and why.</summary>
/// <param name="Function">Its whole name; null for the component as a whole.</param>
/// <param name="Reason">What stands against it.</param>
internal sealed record RefusedFunction(string? Function, string Reason);

/// <summary>The exported functions of a component as tools.</summary>
internal sealed class ComponentTools
{
    private const int MaxName = 64;
    private readonly Dictionary<string, (WitFunction Function, WitInterface? Interface)> _functions = new(StringComparer.Ordinal);
    private readonly string _file;

    /// <param name="component">The component.</param>
    /// <param name="file">Its file, whose name the tools begin with.</param>
    public ComponentTools(Component component, string file)
    {
        Component = component;
        _file = file;
        try
        {
            WitWorld world = ComponentWit.Of(component).SelectWorld();
            foreach (WitWorldItem item in world.Exports)
            {
                foreach (WitFunction function in item.Function is { } single ? [single] : item.Interface!.AllFunctions)
                {
                    _functions[item.Function is null ? $"{item.Name}#{function.ExternName}" : function.ExternName] = (function, item.Interface);
                }
            }

            string[] missing = [.. world.Imports.Where(item => !item.Name.StartsWith("wasi:", StringComparison.Ordinal) && !PlatformHost.Defines(item.Name) && (item.Function ?? item.Interface!.AllFunctions.FirstOrDefault()) is not null).Select(item => item.Name)];
            Unusable = missing.Length == 0 ? null : $"it imports {string.Join(", ", missing)}, which the server does not have";
        }
        catch (NotSupportedException e)
        {
            Unusable = e.Message;
        }
    }

    public Component Component { get; }

    /// <summary>Why no function of it can be called; null when they can.</summary>
    public string? Unusable { get; }

    /// <summary>All functions, as tools or refused.</summary>
    public IReadOnlyList<ToolManifest> DescribeAll(ToolLifetime lifetime, ToolPermissions permissions, out IReadOnlyList<RefusedFunction> refused)
    {
        List<RefusedFunction> refusals = [];
        List<ToolManifest> tools = [];
        refused = refusals;
        if (Unusable is not null)
        {
            refusals.Add(new RefusedFunction(null, Unusable));
            return tools;
        }

        Dictionary<string, string> names = Names();
        foreach ((string function, _) in Component.Type.Functions)
        {
            try
            {
                tools.Add(Describe(function, names[function], lifetime, permissions));
            }
            catch (NotSupportedException e)
            {
                refusals.Add(new RefusedFunction(function, e.Message));
            }
        }

        return tools;
    }

    /// <summary>One function as a tool that a manifest describes in part.</summary>
    /// <exception cref="NotSupportedException">It cannot be one; the message says why.</exception>
    public ToolManifest Complete(ToolManifest declared)
    {
        if (Unusable is not null)
        {
            throw new NotSupportedException(Unusable);
        }

        IReadOnlyList<string> found = Component.Type.FindFunctions(declared.Function!);
        if (found is not [var function])
        {
            IEnumerable<string> all = found.Count > 0 ? found : Component.Type.Functions.Select(known => known.Key);
            throw new NotSupportedException($"\"{declared.Function}\" means {(found.Count == 0 ? "no function" : "several functions")}; there are {string.Join(", ", all.Take(40))}");
        }

        ToolManifest derived = Describe(function, declared.Name, declared.Lifetime, declared.Permissions);
        return new ToolManifest
        {
            Name = declared.Name, Title = declared.Title, Version = declared.Version, EntryKind = ToolEntryKind.Component, Entry = declared.Entry, Sha256 = declared.Sha256,
            Description = declared.Description.Length > 0 ? declared.Description : derived.Description, Permissions = declared.Permissions, File = declared.File,
            InputSchema = declared.ChecksInput ? declared.InputSchema : derived.InputSchema, OutputSchema = declared.OutputSchema ?? derived.OutputSchema,
            ChecksInput = declared.ChecksInput, Component = Component, Function = function, Lifetime = declared.Lifetime, IsIdempotent = declared.IsIdempotent,
        };
    }

    private static string Plural(ComponentValueKind kind) => kind switch
    {
        ComponentValueKind.Own or ComponentValueKind.Borrow => "resources",
        ComponentValueKind.ErrorContext => "error contexts",
        _ => kind.ToString().ToLowerInvariant() + "s",
    };

    private ToolManifest Describe(string function, string name, ToolLifetime lifetime, ToolPermissions permissions)
    {
        ComponentFunctionType type = Component.Type.Functions.First(known => known.Key == function).Value;
        if (type.OpaquePart is { } opaque)
        {
            throw new NotSupportedException($"it speaks of {Plural(opaque.Kind)}, which cannot be given as JSON");
        }

        (WitFunction wit, WitInterface? owner) = _functions[function];
        string from = owner?.QualifiedName is { } qualified ? $" of {qualified}" : "";
        try
        {
            return new ToolManifest
            {
                Name = name, Version = owner?.Package.Name.Version?.ToString() ?? "0.0.0", Description = wit.Annotations.Docs ?? $"Calls the function `{wit}`{from} of {Path.GetFileName(_file)}.",
                EntryKind = ToolEntryKind.Component, Entry = _file, Permissions = permissions, File = _file,
                InputSchema = JsonSchema.Compile(WitSchema.OfParameters(wit)), OutputSchema = JsonSchema.Compile(WitSchema.OfResult(wit)),
                ChecksInput = false, Component = Component, Function = function, Lifetime = lifetime,
            };
        }
        catch (JsonSchemaException e)
        {
            throw new NotSupportedException($"its types are too large: {e.Message}", e);
        }
    }

    /// <summary>
    /// Names by function: component, interface and function, in letters, digits, hyphens and dots, at most 64. They depend on nothing else, so that they stay when
    /// a component exports more; those that would be equal, and long ones, end in a hash of the whole name.
    /// </summary>
    private Dictionary<string, string> Names()
    {
        string component = Path.GetFileNameWithoutExtension(_file);
        component = component.EndsWith(".component", StringComparison.OrdinalIgnoreCase) ? component[..^".component".Length] : component;
        Dictionary<string, string> names = Component.Type.Functions.ToDictionary(function => function.Key, function => Name(component, function.Key), StringComparer.Ordinal);
        foreach (IGrouping<string, string> group in names.GroupBy(pair => ToolManifest.ToPublicName(pair.Value), pair => pair.Key, StringComparer.OrdinalIgnoreCase).ToList())
        {
            string[] functions = [.. group];
            foreach (string function in functions.Where(_ => functions.Length > 1 || group.Key.Length > MaxName))
            {
                string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(function)))[..8];
                string name = names[function];
                names[function] = $"{name[..Math.Min(name.Length, MaxName - 9)]}-{hash}";
            }
        }

        return names;
    }

    private static string Name(string component, string function)
    {
        int mark = function.IndexOf('#', StringComparison.Ordinal);
        string instance = mark < 0 ? "" : function[..mark].Split('@')[0];
        instance = instance[(instance.LastIndexOf('/') + 1)..];
        string plain = function[(mark + 1)..];
        plain = plain[(plain.IndexOf(']', StringComparison.Ordinal) + 1)..].Replace('.', '-');
        string name = string.Concat((instance.Length == 0 ? $"{component}.{plain}" : $"{component}.{instance}.{plain}").Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-'));
        return char.IsAsciiLetterOrDigit(name[0]) ? name : "c" + name;
    }
}
