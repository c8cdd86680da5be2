using Atoll.Sdk.Projects;
using Atoll.Wit;

namespace Atoll.Sdk.Toolchains;

/// <summary>Something that must be installed before a language can be built.</summary>
/// <param name="What">What it is, for people.</param>
/// <param name="Size">About how much is downloaded, for people.</param>
/// <param name="Commands">What installs it, each a program with its arguments; empty where a person must do it.</param>
/// <param name="Advice">What a person does instead.</param>
internal sealed record MissingTool(string What, string Size, IReadOnlyList<IReadOnlyList<string>> Commands, string Advice);

/// <summary>The programs of a language that were found.</summary>
/// <param name="Description">Names and versions, for people and as part of what a build depends on.</param>
/// <param name="Programs">Full paths by a name that the toolchain gives.</param>
internal sealed record FoundTools(string Description, IReadOnlyDictionary<string, string> Programs)
{
    public string this[string name] => Programs[name];
}

/// <summary>Tools that a language needs are missing.</summary>
internal sealed class MissingToolsException(string language, IReadOnlyList<MissingTool> missing) : ProjectException(
    $"to build {language} these are missing: {string.Join("; ", missing.Select(tool => $"{tool.What} ({tool.Size})"))}.",
    [.. missing.Select(tool => tool.Advice), .. missing.All(tool => tool.Commands.Count > 0) ? ["Or add --install, which runs that."] : Array.Empty<string>()])
{
    public IReadOnlyList<MissingTool> Missing { get; } = missing;
}

/// <summary>What a toolchain compiles.</summary>
/// <param name="Project">The project.</param>
/// <param name="World">The world that it implements.</param>
/// <param name="Sources">Its source files, relative to the project.</param>
/// <param name="Tools">The programs.</param>
internal sealed record CompileRequest(ProjectFolder Project, WitWorld World, IReadOnlyList<string> Sources, FoundTools Tools)
{
    /// <summary>Runs a program in the project's folder and fails with what it printed.</summary>
    /// <exception cref="ProjectException">It ended with another code than 0.</exception>
    public async Task<ToolOutput> RunAsync(ToolEnvironment environment, string program, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        ToolOutput output = await environment.RunAsync(Tools[program], arguments, Project.Root, cancellation).ConfigureAwait(false);
        return output.ExitCode == 0 ? output : throw new ProjectException($"{Path.GetFileNameWithoutExtension(Tools[program])} found errors (exit code {output.ExitCode}):", output.Lines);
    }
}

/// <summary>How a language becomes a core module or a component.</summary>
internal abstract class Toolchain
{
    /// <summary>The language's name in <c>Component.toml</c>.</summary>
    public abstract string Language { get; }

    /// <summary>The language that bindings are written in.</summary>
    public abstract GuestLanguage Bindings { get; }

    /// <summary>The sources that a project has when its manifest names none.</summary>
    public abstract IReadOnlyList<string> DefaultSources(ProjectFolder project);

    /// <summary>Looks for the programs.</summary>
    /// <exception cref="MissingToolsException">Some are missing.</exception>
    public abstract Task<FoundTools> FindAsync(ToolEnvironment environment, CancellationToken cancellation);

    /// <summary>Compiles; the result is a core module that the world is put into, or a component.</summary>
    /// <exception cref="ProjectException">The compiler found errors.</exception>
    public abstract Task<byte[]> CompileAsync(CompileRequest request, ToolEnvironment environment, CancellationToken cancellation);

    /// <summary>The toolchain of a language; null where projects of it can be made and not built here.</summary>
    public static Toolchain? Of(string language) => language switch
    {
        "c" => new CToolchain(),
        "rust" => new RustToolchain(),
        "js" => new JavaScriptToolchain(isTypeScript: false),
        "ts" => new JavaScriptToolchain(isTypeScript: true),
        "assemblyscript" => new AssemblyScriptToolchain(),
        _ => null,
    };

    /// <summary>Packages of Debian and Ubuntu, and what others do.</summary>
    public static MissingTool Apt(ToolEnvironment environment, string what, string size, string elsewhere, params string[] packages)
    {
        if (environment.Find("apt-get") is not { } apt)
        {
            return new MissingTool(what, size, [], elsewhere);
        }

        // Only root may install; who is not root may often ask.
        string[] prefix = Environment.UserName == "root" || environment.Find("sudo") is not { } sudo ? [] : [sudo];
        return new MissingTool(
            what,
            size,
            [[.. prefix, apt, "update", "-q"], [.. prefix, apt, "install", "-q", "-y", "--no-install-recommends", .. packages]],
            $"Run: {(prefix.Length > 0 ? "sudo " : "")}apt-get install {string.Join(' ', packages)}");
    }

    /// <summary>The first line that a program prints about its version.</summary>
    protected static async Task<string> VersionAsync(ToolEnvironment environment, string program, CancellationToken cancellation)
    {
        ToolOutput output = await environment.RunAsync(program, ["--version"], Path.GetTempPath(), cancellation).ConfigureAwait(false);
        return output.ExitCode == 0 && output.Lines is [var first, ..] ? first : "unknown version";
    }
}
