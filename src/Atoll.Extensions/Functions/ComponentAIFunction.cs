using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atoll.Components;
using Atoll.Components.Types;
using Microsoft.Extensions.AI;

namespace Atoll.Extensions.Functions;

/// <summary>An exported function as language models call it: arguments and result are JSON, and each call has an instance as if it were new.</summary>
internal sealed class ComponentAIFunction : AIFunction
{
    /// <summary>Longest name that all providers take.</summary>
    private const int MaxName = 64;

    private readonly ComponentCatalog _catalog;
    private readonly string _component;
    private readonly string _export;
    private readonly ComponentFunctionType _type;

    private ComponentAIFunction(ComponentCatalog catalog, string component, string export, string name, ComponentFunctionType type)
    {
        _catalog = catalog;
        _component = component;
        _export = export;
        _type = type;
        Name = name;
        JsonSchema = Element(JsonSchemas.Of(type.Parameters));
        ReturnJsonSchema = type.Result is null ? null : Element(JsonSchemas.Of(type.Result));
    }

    public override string Name { get; }

    public override string Description => $"{_export} of the WebAssembly component {_component}";

    public override JsonElement JsonSchema { get; }

    public override JsonElement? ReturnJsonSchema { get; }

    public static IReadOnlyList<AIFunction> Of(ComponentCatalog catalog, string component)
    {
        List<AIFunction> functions = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (ComponentItem export in catalog.Get(component).Type.Exports)
        {
            IEnumerable<(string Path, string Name, ComponentItem Item)> items = export.Type.Type is InstanceType instance
                ? instance.Exports.Select(item => ($"{export.Name}#{item.Name}", item.Name, item))
                : [(export.Name, export.Name, export)];
            foreach ((string path, string name, ComponentItem item) in items)
            {
                if (item.Type.Type is ComponentFunctionType { IsAsync: false } type && type.Parameters.Select(parameter => parameter.Type)
                    .Concat(type.Result is null ? [] : [type.Result]).All(JsonSchemas.CanHold))
                {
                    functions.Add(new ComponentAIFunction(catalog, component, path, NameOf(component, name, names), type));
                }
            }
        }

        return functions;
    }

    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        JsonElement json = JsonSerializer.SerializeToElement(new Dictionary<string, object?>(arguments));
        ComponentValue[] values = ComponentJson.ReadArguments(json, _type);

        object? state = _catalog.MakeState();
        ComponentLease? lease = null;
        try
        {
            // To make an instance takes time: that is not for the thread of whoever talks to a model.
            lease = await Task.Run(() => _catalog.RentAsync(_component, state, cancellationToken).AsTask(), cancellationToken).ConfigureAwait(false);
            ComponentFunction function = lease.Instance.GetFunction(_export)
                ?? throw new MissingMethodException($"the component `{_component}` no longer exports `{_export}`");
            return Json(await function.InvokeAsync(values, cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            // Before the instance goes back, which drops what the guest still owns.
            (state as IDisposable)?.Dispose();
            lease?.Dispose();
        }
    }

    private object? Json(ComponentValue? result)
    {
        if (result is not { } value)
        {
            return null;
        }

        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter writer = new(bytes))
        {
            ComponentJson.Write(writer, value, _type.Result!);
        }

        using JsonDocument document = JsonDocument.Parse(bytes.WrittenMemory);
        return document.RootElement.Clone();
    }

    private static string NameOf(string component, string function, HashSet<string> taken)
    {
        string name = string.Concat($"{component}_{function}".Select(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-' ? character : '_'));
        name = name.Length <= MaxName - 4 ? name : name[..(MaxName - 4)];
        string free = name;
        for (int i = 2; !taken.Add(free); i++)
        {
            free = $"{name}_{i}";
        }

        return free;
    }

    private static JsonElement Element(JsonNode? node) => JsonSerializer.SerializeToElement(node);
}
