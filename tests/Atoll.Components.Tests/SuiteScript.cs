using System.Text.Json;

namespace Atoll.Components.Tests;

/// <summary>What a command of a script asks of decoder and validator.</summary>
public enum Demand
{
    /// <summary>The component is valid.</summary>
    Valid,

    /// <summary>The bytes do not follow the format.</summary>
    Malformed,

    /// <summary>The component breaks a rule.</summary>
    Invalid,

    /// <summary>There is only a text.</summary>
    TextOnly,

    /// <summary>It is a core module.</summary>
    Core,

    /// <summary>It asks for something to run, without a component of its own.</summary>
    Run,
}

/// <summary>One command of a script.</summary>
/// <param name="Line">Its line in the text.</param>
/// <param name="Type">Its word.</param>
/// <param name="Demand">What it asks for.</param>
/// <param name="File">The component's file, where there is one.</param>
/// <param name="Text">What the suite says the error is.</param>
internal sealed record ScriptCommand(int Line, string Type, Demand Demand, string? File, string Text);

/// <summary>Reads the JSON form of the suites.</summary>
internal static class SuiteScript
{
    private static readonly string[] Runs = ["module_instance", "register", "action", "assert_return", "assert_trap", "assert_exhaustion", "assert_exception", "thread", "wait"];

    public static List<ScriptCommand> Read(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
        string folder = Path.GetDirectoryName(file)!;
        return [.. document.RootElement.GetProperty("commands").EnumerateArray().Select(command => Read(command, folder))];
    }

    private static ScriptCommand Read(JsonElement command, string folder)
    {
        int line = command.GetProperty("line").GetInt32();
        string type = command.GetProperty("type").GetString()!;
        string text = Property(command, "text") ?? "";
        if (Property(command, "filename") is not { } name)
        {
            return Runs.Contains(type) ? new ScriptCommand(line, type, Demand.Run, null, text) : throw new InvalidDataException($"unknown command {type}");
        }

        string? binary = Property(command, "module_type") == "text" ? Property(command, "binary_filename") : name;
        if (binary is null)
        {
            return new ScriptCommand(line, type, Demand.TextOnly, null, text);
        }

        string path = Path.Combine(folder, binary);
        Demand demand = type switch
        {
            // What cannot be linked or started is valid.
            "module" or "module_definition" or "assert_unlinkable" or "assert_uninstantiable" or "assert_trap" => Demand.Valid,
            "assert_invalid" => Demand.Invalid,
            "assert_malformed" => Demand.Malformed,
            _ => throw new InvalidDataException($"unknown command {type}"),
        };
        return new ScriptCommand(line, type, IsCoreModule(path) ? Demand.Core : demand, path, text);
    }

    private static string? Property(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static bool IsCoreModule(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        return bytes.AsSpan().StartsWith("\0asm\x01\0\0\0"u8);
    }
}
