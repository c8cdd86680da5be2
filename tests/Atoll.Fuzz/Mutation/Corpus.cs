using Atoll.Wasm;

namespace Atoll.Fuzz.Mutation;

/// <summary>What is mutated: modules and texts of the suites, in an order that does not change.</summary>
internal sealed class Corpus
{
    private const int MaxModuleBytes = 20_000;
    private const int MaxTextBytes = 60_000;

    private Corpus(List<byte[]> modules, List<string> texts)
    {
        WasmEngine engine = new(new WasmEngineOptions { Features = WasmFeatures.All });
        ILookup<bool, byte[]> byValidity = modules.ToLookup(module => IsValid(engine, module));
        Valid = [.. byValidity[true]];
        Invalid = [.. byValidity[false]];
        Texts = texts;
    }

    /// <summary>Modules that can be run as they are.</summary>
    public List<byte[]> Valid { get; }

    /// <summary>Modules that decoder or validator refuse.</summary>
    public List<byte[]> Invalid { get; }

    /// <summary>Modules in the text format: the parts of scripts that begin with <c>(module</c>.</summary>
    public List<string> Texts { get; }

    /// <summary>Reads the suites below a folder; an empty corpus when there is none.</summary>
    public static Corpus Read(string? root)
    {
        string[] folders = [.. new[] { "core", "core-proposals", "core-wasmtime" }.Select(name => Path.Combine(root ?? "", name)).Where(Directory.Exists)];
        List<byte[]> modules = [.. Files(folders, "*.wasm", MaxModuleBytes).Select(File.ReadAllBytes)];
        List<string> texts = [.. Files(folders, "*.wast", MaxTextBytes).SelectMany(file => ModulesOf(File.ReadAllText(file)))];
        return new Corpus(modules, texts);
    }

    /// <summary>Where the suites are: <c>ATOLL_CONFORMANCE</c>, or <c>../shared/conformance</c> beside the repository; null when they are missing.</summary>
    public static string? FindRoot()
    {
        string? root = Environment.GetEnvironmentVariable("ATOLL_CONFORMANCE");
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); root is null && folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Atoll.slnx")))
            {
                root = Path.GetFullPath(Path.Combine(folder.FullName, "../shared/conformance"));
            }
        }

        return Directory.Exists(root) ? root : null;
    }

    private static bool IsValid(WasmEngine engine, byte[] module)
    {
        try
        {
            engine.Validate(module);
            return true;
        }
        catch (WasmException)
        {
            return false;
        }
    }

    private static IEnumerable<string> Files(string[] folders, string pattern, int maxBytes) => folders
        .SelectMany(folder => Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories))
        .Where(file => new FileInfo(file).Length <= maxBytes)
        .Order(StringComparer.Ordinal);

    private static IEnumerable<string> ModulesOf(string script)
    {
        int depth = 0;
        int start = 0;
        for (int i = 0; i < script.Length; i++)
        {
            // Parentheses in strings and comments are counted too: what comes out need not be perfect.
            if (script[i] == '(' && depth++ == 0)
            {
                start = i;
            }
            else if (script[i] == ')' && --depth == 0 && script.AsSpan(start).StartsWith("(module"))
            {
                yield return script[start..(i + 1)];
            }

            depth = Math.Max(depth, 0);
        }
    }
}
