using System.Text;
using System.Text.Json;
using Atoll.Components.Text;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Components.Tests.Text;

/// <summary>The scripts of the suites, read and assembled, and compared with what the suites' own tool made of them.</summary>
public class SuiteTextTests
{
    public static IEnumerable<object[]> Scripts()
    {
        if (FindSuite() is not { } suite)
        {
            return [["(data missing)"]];
        }

        return Directory.EnumerateFiles(suite, "*.wast", SearchOption.AllDirectories)
            .Select(file => new object[] { Path.GetRelativePath(suite, file).Replace('\\', '/') })
            .OrderBy(file => (string)file[0], StringComparer.Ordinal);
    }

    /// <summary>Commands (script and line) whose text we do not assemble to the same bytes, and why.</summary>
    private static readonly Dictionary<string, string> Exceptions = new(StringComparer.Ordinal)
    {
        ["wasm-tools/legacy-indices/legacy-indices.wast:71"] = "shared tables of the shared-everything-threads proposal",
        ["wasm-tools/shared-everything-threads/not-accepted/not-accepted.wast:13"] = "shared tables of the shared-everything-threads proposal",
        ["wasm-tools/values/start/start.wast:12"] = ValueBound,
        ["wasm-tools/values/start/start.wast:20"] = ValueBound,
        ["wasm-tools/values/start/start.wast:28"] = ValueBound,
        ["wasm-tools/values/start/start.wast:36"] = ValueBound,
        ["wasm-tools/values/start/start.wast:43"] = "the suites' tool has no names for the results of a start function",
        ["wasmtime/async/streams-massive-send/streams-massive-send.wast:10"] = "plain instructions inside of a folded one",
    };

    // Binary, "Type Definitions": a value's type stands in a valuebound, which the suites' tool leaves out.
    private const string ValueBound = "the specification has a byte before the type of an imported value";

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Text_gives_the_binary_of_the_suite(string script)
    {
        string path = Path.Combine(Suite(), script);
        List<WastCommand> commands = WastParser.Parse(TextSource.Read(File.ReadAllBytes(path)), ComponentScripts.Instance);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.ChangeExtension(path, ".json")));
        JsonElement[] expected = [.. json.RootElement.GetProperty("commands").EnumerateArray()];
        Assert.Equal(expected.Length, commands.Count);
        List<string> problems = [];
        for (int i = 0; i < expected.Length; i++)
        {
            int line = expected[i].GetProperty("line").GetInt32();
            string? problem = Compare(commands[i], expected[i], Path.GetDirectoryName(path)!);
            if (Exceptions.ContainsKey($"{script}:{line}"))
            {
                problem = problem is null ? "is no exception any more" : null;
            }

            if (problem is not null)
            {
                problems.Add($"line {line}: {problem}");
            }
        }

        Assert.True(problems.Count == 0, $"{problems.Count} of {expected.Length} differ\n{string.Join('\n', problems)}");
    }

    private static string? Compare(WastCommand command, JsonElement expected, string folder)
    {
        if (Module(command) is not { } module)
        {
            return SuiteValues.Compare(command, expected);
        }

        string file = Path.Combine(folder, expected.GetProperty("filename").GetString()!);
        if (expected.GetProperty("module_type").GetString() == "text")
        {
            return Refused(module);
        }

        byte[] binary;
        try
        {
            binary = module.GetBinary();
        }
        catch (WasmException error)
        {
            return error.Message;
        }

        byte[] ours = NamelessBinary.Of(binary, keepsComponentNames: true);
        byte[] theirs = NamelessBinary.Of(File.ReadAllBytes(file), keepsComponentNames: true);
        return ours.AsSpan().SequenceEqual(theirs) ? null : Difference(Path.GetFileName(file), ours, theirs);
    }

    private static WastModule? Module(WastCommand command) => command switch
    {
        WastModuleCommand module => module.Module,
        WastAssertFailure failure => failure.Module,
        _ => null,
    };

    private static string? Refused(WastModule module)
    {
        try
        {
            module.GetBinary();
            return "the text is not refused";
        }
        catch (MalformedModuleException)
        {
            return null;
        }
    }

    private static string Difference(string file, byte[] ours, byte[] theirs)
    {
        int at = ours.AsSpan().CommonPrefixLength(theirs);
        int start = Math.Max(0, at - 16);
        StringBuilder text = new();
        text.Append($"{file} differs at 0x{at:x}");
        foreach (byte[] bytes in new[] { theirs, ours })
        {
            text.Append('\n').Append(bytes == ours ? "    ours   " : "    theirs ");
            text.Append(Convert.ToHexString(bytes.AsSpan(start, Math.Min(48, bytes.Length - start))));
        }

        return text.ToString();
    }

    private static string? FindSuite()
    {
        string? root = Environment.GetEnvironmentVariable("ATOLL_CONFORMANCE");
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); root is null && folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Directory.Build.props")))
            {
                root = Path.GetFullPath(Path.Combine(folder.FullName, "../shared/conformance"));
            }
        }

        string? suite = root is null ? null : Path.Combine(root, "component-model");
        return Directory.Exists(suite) ? suite : null;
    }

    /// <summary>The folder; when it is missing the test is skipped, under CI it fails.</summary>
    private static string Suite()
    {
        if (FindSuite() is { } suite)
        {
            return suite;
        }

        const string Message = "conformance data not found: set ATOLL_CONFORMANCE or put it at ../shared/conformance";
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true", Message);
        Assert.Skip(Message);
        return "";
    }
}
