using System.Text.Json;
using Atoll.Components.Binary;
using Atoll.Components.Text;
using Atoll.Wasm;

namespace Atoll.Components.Tests;

/// <summary>Runs the commands of one script that instantiate and call.</summary>
internal sealed class ScriptRunner
{
    private readonly WasmEngine _engine = new(new WasmEngineOptions { Features = WasmFeatures.All });
    private readonly ComponentScriptRun _run;
    private readonly string _folder;

    public ScriptRunner(string folder, ComponentLoadOptions options)
    {
        _folder = folder;
        _run = new ComponentScriptRun(new Store(_engine), new ScriptFeatures(options, ValidatesOnly: false));
    }

    /// <summary>Runs a command; gives what is wrong, or null. Commands of other kinds are fine.</summary>
    public string? Run(JsonElement command)
    {
        switch (command.GetProperty("type").GetString())
        {
            case "module":
                _run.Leave();
                if (!IsText(command) && !IsCore(command))
                {
                    _run.Instantiate(Property(command, "name"), Bytes(command));
                }

                return null;
            case "module_definition":
                if (!IsText(command) && !IsCore(command))
                {
                    _run.Define(Property(command, "name"), Bytes(command));
                }

                return null;
            case "module_instance":
                _run.InstantiateDefinition(Property(command, "instance"), Property(command, "module"));
                return null;
            case "register":
                _run.Register(Property(command, "as")!, Property(command, "name"));
                return null;
            case "action":
                Invoke(command.GetProperty("action"));
                return null;
            case "assert_return":
                return Compare(Invoke(command.GetProperty("action")), command);
            case "assert_trap" or "assert_exhaustion":
                return Fails<TrapException>(() => _ = command.TryGetProperty("action", out JsonElement action) ? Invoke(action) : Run(_ => _run.Instantiate(null, Bytes(command))));
            case "assert_unlinkable":
                return IsCore(command) ? null : Fails<UnlinkableException>(() => _run.Instantiate(null, Bytes(command)));
            case "assert_uninstantiable":
                return Fails<WasmException>(() => _run.Instantiate(null, Bytes(command)));
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
        ComponentValue[] expected = [.. command.GetProperty("expected").EnumerateArray().Select(JsonValues.Read)];
        return expected.Length == 0 ? result is null ? null : $"gives {result.Value.Kind}, nothing is expected"
            : result is not { } value ? "gives nothing"
            : value == expected[0] ? null
            : $"gives {ScriptValues.Show(value)}, expected {ScriptValues.Show(expected[0])}";
    }

    private static string? Property(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static bool IsText(JsonElement command) => Property(command, "module_type") == "text" && Property(command, "binary_filename") is null;

    private string PathOf(JsonElement command) => Path.Combine(_folder, Property(command, "binary_filename") ?? Property(command, "filename")!);

    private bool IsCore(JsonElement command) => !IsText(command) && !Component.IsComponent(File.ReadAllBytes(PathOf(command)));

    private byte[] Bytes(JsonElement command) => File.ReadAllBytes(PathOf(command));

    private ComponentValue? Invoke(JsonElement action) => _run.Invoke(
        Property(action, "module"), Property(action, "field")!, [.. action.GetProperty("args").EnumerateArray().Select(JsonValues.Read)]);
}
