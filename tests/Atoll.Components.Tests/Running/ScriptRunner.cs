using System.Text.Json;
using Atoll.Components.Binary;
using Atoll.Wasm;

namespace Atoll.Components.Tests;

/// <summary>Runs the commands of one script that instantiate and call.</summary>
internal sealed class ScriptRunner
{
    private readonly WasmEngine _engine = new(new WasmEngineOptions { Features = WasmFeatures.All });
    private readonly Store _store;
    private readonly ComponentLinker _linker = new();
    private readonly ComponentLoadOptions _options;
    private readonly string _folder;
    private readonly Dictionary<string, Component> _definitions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ComponentInstance?> _instances = new(StringComparer.Ordinal);
    private ComponentInstance? _current;
    private Component? _lastDefinition;

    public ScriptRunner(string folder, ComponentLoadOptions options)
    {
        _folder = folder;
        _options = options;
        _store = new Store(_engine);
        ScriptHost.Define(_linker, _engine);
    }

    /// <summary>Runs a command; gives what is wrong, or null. Commands of other kinds are fine.</summary>
    public string? Run(JsonElement command)
    {
        switch (command.GetProperty("type").GetString())
        {
            case "module":
                if (IsText(command) || IsCore(command))
                {
                    _current = null;
                    return null;
                }

                _current = null;
                _current = Instantiate(Load(command));
                Name(Property(command, "name"), _current);
                return null;
            case "module_definition":
                if (!IsText(command) && !IsCore(command))
                {
                    _lastDefinition = Load(command);
                    if (Property(command, "name") is { } definition)
                    {
                        _definitions[definition] = _lastDefinition;
                    }
                }

                return null;
            case "module_instance":
                _current = null;
                _current = Instantiate(Property(command, "module") is { } module ? _definitions[module] : _lastDefinition!);
                Name(Property(command, "instance"), _current);
                return null;
            case "register":
                _linker.DefineInstance(Property(command, "as")!, Find(Property(command, "name")));
                return null;
            case "action":
                Invoke(command.GetProperty("action"));
                return null;
            case "assert_return":
                return Compare(Invoke(command.GetProperty("action")), command);
            case "assert_trap" or "assert_exhaustion":
                return Fails<TrapException>(() => _ = command.TryGetProperty("action", out JsonElement action) ? Invoke(action) : Run(_ => Instantiate(Load(command))));
            case "assert_unlinkable":
                return IsCore(command) ? null : Fails<UnlinkableException>(() => Instantiate(Load(command)));
            case "assert_uninstantiable":
                return Fails<WasmException>(() => Instantiate(Load(command)));
            default:
                return null;
        }
    }

    private static ComponentValue? Run(Action<int> action)
    {
        action(0);
        return null;
    }

    private static string? Fails<TException>(Action action)
        where TException : Exception
    {
        try
        {
            action();
        }
        catch (TException)
        {
            return null;
        }

        return $"does not throw {typeof(TException).Name}";
    }

    private static string? Compare(ComponentValue? result, JsonElement command)
    {
        ComponentValue[] expected = [.. command.GetProperty("expected").EnumerateArray().Select(ScriptValues.Read)];
        return expected.Length == 0 ? result is null ? null : $"gives {result.Value.Kind}, nothing is expected"
            : result is not { } value ? "gives nothing"
            : value == expected[0] ? null
            : $"gives {Show(value)}, expected {Show(expected[0])}";
    }

    private static string Show(ComponentValue value) => $"{value.Kind} {value.Bits:x} {value.Object}";

    private static string? Property(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static bool IsText(JsonElement command) => Property(command, "module_type") == "text" && Property(command, "binary_filename") is null;

    private string PathOf(JsonElement command) => Path.Combine(_folder, Property(command, "binary_filename") ?? Property(command, "filename")!);

    private bool IsCore(JsonElement command) => !IsText(command) && !Component.IsComponent(File.ReadAllBytes(PathOf(command)));

    private Component Load(JsonElement command) => Component.Load(_engine, File.ReadAllBytes(PathOf(command)), _options, CancellationToken.None);

    private ComponentInstance Instantiate(Component component) => _linker.Instantiate(_store, component);

    private void Name(string? name, ComponentInstance instance)
    {
        if (name is not null)
        {
            _instances[name] = instance;
            _linker.DefineInstance(name, instance);
        }
    }

    private ComponentInstance Find(string? name) =>
        (name is null ? _current : _instances.GetValueOrDefault(name)) ?? throw new InvalidOperationException($"there is no instance {name}");

    private ComponentValue? Invoke(JsonElement action)
    {
        ComponentInstance instance = Find(Property(action, "module"));
        string field = Property(action, "field")!;
        ComponentFunction function = instance.GetFunction(field) ?? throw new InvalidOperationException($"there is no function {field}");
        return function.Invoke([.. action.GetProperty("args").EnumerateArray().Select(ScriptValues.Read)]);
    }
}
