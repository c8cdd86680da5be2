using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Components.Text;

/// <summary>The components of one script that runs: definitions, instances and calls, in whatever form the script was written.</summary>
internal sealed class ComponentScriptRun : IWastComponentRun
{
    private const string Prefix = "wasm trap: ";

    private readonly Store _store;
    private readonly ScriptFeatures _features;
    private readonly ComponentLinker _linker = new();
    private readonly Dictionary<string, Component> _definitions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ComponentInstance> _instances = new(StringComparer.Ordinal);
    private ComponentInstance? _current;
    private Component? _lastDefinition;

    public ComponentScriptRun(Store store, ScriptFeatures features)
    {
        _store = store;
        _features = features;
        ScriptHost.Define(_linker, store.Engine);
    }

    void IWastComponentRun.Load(byte[] binary) => Load(binary);

    public void Define(string? name, byte[] binary)
    {
        _lastDefinition = Load(binary);
        if (name is not null)
        {
            _definitions[name] = _lastDefinition;
        }
    }

    public bool IsDefined(string? name) => name is null ? _lastDefinition is not null : _definitions.ContainsKey(name);

    public void InstantiateDefinition(string? name, string? definition)
    {
        _current = null;
        Use(name, definition is null ? _lastDefinition! : _definitions[definition]);
    }

    public void Instantiate(string? name, byte[] binary) => Use(name, Load(binary));

    public bool HasInstance(string? name) => name is null ? _current is not null : _instances.ContainsKey(name);

    public void Leave() => _current = null;

    public void Register(string importName, string? name) => _linker.DefineInstance(importName, Find(name));

    public object? Invoke(string? instance, string function, WastValue[] arguments) =>
        Invoke(instance, function, Array.ConvertAll(arguments, ScriptValues.ToValue));

    /// <summary>Calls a function.</summary>
    public ComponentValue? Invoke(string? instance, string function, ComponentValue[] arguments)
    {
        ComponentFunction found = Find(instance).GetFunction(function) ?? throw new InvalidOperationException($"there is no function {function}");
        return found.Invoke(arguments);
    }

    /// <summary>Scripts have the words of one tool, which says the same in several ways.</summary>
    public bool IsExpected(TrapException trap, string text)
    {
        string wanted = text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..] : text;
        return trap.Message.Contains(wanted, StringComparison.Ordinal) || (wanted, trap.Message) switch
        {
            ("wasm `unreachable` instruction executed", _) => trap.Kind == TrapKind.Unreachable,
            ("unaligned pointer", "realloc return: result not aligned") => true,
            ("list content out-of-bounds", "realloc return: beyond end of memory") => true,
            _ => trap.Kind != TrapKind.CanonicalAbi && wanted.StartsWith(TrapException.TextOf(trap.Kind), StringComparison.Ordinal),
        };
    }

    public string? Compare(object? result, WastValue[] expected) => (result, expected) switch
    {
        (null, []) => null,
        (ComponentValue value, [var pattern]) => ScriptValues.Matches(value, pattern) ? null : $"expected {pattern}, got {ScriptValues.Show(value)}",
        (null, _) => $"expected {string.Join(", ", (object[])expected)}, got nothing",
        _ => $"expected {(expected.Length == 0 ? "nothing" : "several values")}, got {ScriptValues.Show((ComponentValue)result)}",
    };

    private Component Load(byte[] binary) => Component.Load(_store.Engine, binary, _features.Options, CancellationToken.None);

    private void Use(string? name, Component component)
    {
        if (_features.ValidatesOnly)
        {
            return;
        }

        _current = _linker.Instantiate(_store, component);
        if (name is not null)
        {
            // Scripts import from instances by the names that they have in the script.
            _instances[name] = _current;
            _linker.DefineInstance(name, _current);
        }
    }

    private ComponentInstance Find(string? name) =>
        (name is null ? _current : _instances.GetValueOrDefault(name)) ?? throw new InvalidOperationException(name is null ? "there is no instance to use" : $"there is no instance ${name}");
}
