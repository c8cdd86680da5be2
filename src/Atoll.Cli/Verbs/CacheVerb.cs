using System.CommandLine;
using System.Globalization;
using Atoll.Cli.CommandLine;
using Atoll.Wasm.Caching;

namespace Atoll.Cli.Verbs;

/// <summary><c>atoll cache</c>: shows and removes what <c>atoll compile</c> keeps.</summary>
internal sealed class CacheVerb : Verb
{
    public override string Name => "cache";

    public override string Summary => "Show or remove code that `atoll compile` keeps.";

    public override string Remarks =>
        $"The folder is the user's own; {CodeStore.Variable} names another, and {CodeStore.KeyVariable} one for the key that entries are authenticated with. What cannot be trusted is removed " +
        "when it is met, what was not used for longest when the folder is full, and what other builds of Atoll left after a day without use.";

    public override IReadOnlyList<Verb> Children { get; } = [new CacheListVerb(), new CacheSizeVerb(), new CachePathVerb(), new CacheClearVerb()];

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed];

    public override IReadOnlyList<Example> Examples => [new("atoll cache list", "shows the folder and what is in it"), new("atoll cache clear", "removes all of it")];
}

/// <summary><c>atoll cache path</c>.</summary>
internal sealed class CachePathVerb : Verb
{
    public override string Name => "path";

    public override string Summary => "Print the folder, whether it is there yet or not.";

    public override IReadOnlyList<Example> Examples => [new("du -sh \"$(atoll cache path)\"", "asks the system what it takes")];

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        context.Out.WriteLine(CodeStore.FolderOf(context));
        return Task.FromResult(ExitCodes.Ok);
    }
}

/// <summary><c>atoll cache size</c>.</summary>
internal sealed class CacheSizeVerb : Verb
{
    private readonly Option<bool> _json = CommonOptions.Json();

    public override string Name => "size";

    public override string Summary => "Print how much is kept, and how much may be.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed];

    public override IReadOnlyList<Example> Examples => [new("atoll cache size", "prints entries, size and bound"), new("atoll cache size --json", "prints {\"entries\":…,\"bytes\":…,\"maxBytes\":…}")];

    public override void Define(Command command) => command.Add(_json);

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        IReadOnlyList<CacheEntry> entries = CodeStore.OpenExisting(context)?.List() ?? [];
        long bytes = entries.Sum(entry => entry.Bytes), most = new DiskCodeCacheOptions().MaxBytes;
        if (arguments.GetValue(_json))
        {
            JsonOutput.Write(context.Out, writer =>
            {
                writer.WriteNumber("entries", entries.Count);
                writer.WriteNumber("bytes", bytes);
                writer.WriteNumber("maxBytes", most);
            });
        }
        else
        {
            context.Out.WriteLine($"{(entries.Count == 1 ? "1 entry" : $"{entries.Count} entries")}, {Quantities.FormatSize(bytes)} of at most {Quantities.FormatSize(most)}");
        }

        return Task.FromResult(ExitCodes.Ok);
    }
}

/// <summary><c>atoll cache list</c>.</summary>
internal sealed class CacheListVerb : Verb
{
    private readonly Option<bool> _json = CommonOptions.Json();

    public override string Name => "list";

    public override string Summary => "Show the folder and what is in it, what was used last first.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed];

    public override IReadOnlyList<Example> Examples => [new("atoll cache list", "prints size, date of last use and name of each entry"), new("atoll cache list --json", "prints {\"directory\":…,\"entries\":[…],\"bytes\":…}")];

    public override void Define(Command command) => command.Add(_json);

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        IReadOnlyList<CacheEntry> entries = CodeStore.OpenExisting(context)?.List() ?? [];
        string folder = CodeStore.FolderOf(context);
        if (arguments.GetValue(_json))
        {
            JsonOutput.Write(context.Out, writer =>
            {
                writer.WriteString("directory", folder);
                writer.WriteStartArray("entries");
                foreach (CacheEntry entry in entries)
                {
                    writer.WriteStartObject();
                    writer.WriteString("key", entry.Key);
                    writer.WriteString("name", entry.Name);
                    writer.WriteString("tool", entry.Tool);
                    writer.WriteNumber("bytes", entry.Bytes);
                    writer.WriteBoolean("current", entry.IsCurrent);
                    writer.WriteString("lastUsed", entry.LastUsed.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                writer.WriteNumber("bytes", entries.Sum(entry => entry.Bytes));
            });
            return Task.FromResult(ExitCodes.Ok);
        }

        foreach (CacheEntry entry in entries)
        {
            string used = entry.LastUsed.LocalDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
            context.Out.WriteLine($"{Quantities.FormatSize(entry.Bytes),10}  {used}  {entry.Key[..12]}  {entry.Name}{(entry.Tool is null ? "  (no machine code)" : "")}{(entry.IsCurrent ? "" : "  (of another build)")}");
        }

        context.Out.WriteLine($"{Quantities.FormatSize(entries.Sum(entry => entry.Bytes)),10}  in {folder}");
        return Task.FromResult(ExitCodes.Ok);
    }
}

/// <summary><c>atoll cache clear</c>.</summary>
internal sealed class CacheClearVerb : Verb
{
    private readonly Option<bool> _json = CommonOptions.Json();

    public override string Name => "clear";

    public override string Summary => "Remove all code that is kept. Programs that are running keep theirs.";

    public override IReadOnlyList<int> OtherExitCodes => [ExitCodes.Failed];

    public override IReadOnlyList<Example> Examples => [new("atoll cache clear", "prints how much was removed"), new("atoll cache clear --json", "prints {\"directory\":…,\"files\":…,\"bytes\":…}")];

    public override void Define(Command command) => command.Add(_json);

    public override Task<int> RunAsync(ParseResult arguments, CliContext context)
    {
        string folder = CodeStore.FolderOf(context);
        (int files, long bytes) = Directory.Exists(folder) ? CodeStore.Open(context).Clear() : default;
        if (arguments.GetValue(_json))
        {
            JsonOutput.Write(context.Out, writer =>
            {
                writer.WriteString("directory", folder);
                writer.WriteNumber("files", files);
                writer.WriteNumber("bytes", bytes);
            });
        }
        else
        {
            context.Out.WriteLine($"removed {(files == 1 ? "1 file" : $"{files} files")}, {Quantities.FormatSize(bytes)}, from {folder}");
        }

        return Task.FromResult(ExitCodes.Ok);
    }
}
