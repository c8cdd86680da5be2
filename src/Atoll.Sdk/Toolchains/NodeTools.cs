using System.Security.Cryptography;
using Atoll.Sdk.Projects;

namespace Atoll.Sdk.Toolchains;

/// <summary>The npm packages that components of JavaScript and AssemblyScript are made with: pinned by a lock file, in a folder of the user's cache.</summary>
internal static class NodeTools
{
    private const int OldestNode = 20;

    /// <summary>Node and the folder of the packages.</summary>
    /// <exception cref="MissingToolsException">Node is missing, or the packages are not installed yet.</exception>
    public static async Task<FoundTools> FindAsync(string language, ToolEnvironment environment, CancellationToken cancellation)
    {
        if (environment.Find("node") is not { } node || environment.Find("npm") is not { } npm)
        {
            throw new MissingToolsException(language, [NodeItself(environment)]);
        }

        ToolOutput version = await environment.RunAsync(node, ["--version"], Path.GetTempPath(), cancellation).ConfigureAwait(false);
        string number = version.Output.Trim().TrimStart('v');
        if (!int.TryParse(number.Split('.')[0], out int major) || major < OldestNode)
        {
            throw new ProjectException($"{node} is Node {number}; at least {OldestNode} is needed. Install a newer one from https://nodejs.org.");
        }

        byte[] package = Resource("package.json"), locked = Resource("package-lock.json");
        string folder = Path.Combine(environment.CacheFolder, "js", Convert.ToHexStringLower(SHA256.HashData(locked))[..16]);

        // npm writes this file last, so an installation that was broken off is done again.
        if (!File.Exists(Path.Combine(folder, "node_modules", ".package-lock.json")))
        {
            Directory.CreateDirectory(folder);
            await File.WriteAllBytesAsync(Path.Combine(folder, "package.json"), package, cancellation).ConfigureAwait(false);
            await File.WriteAllBytesAsync(Path.Combine(folder, "package-lock.json"), locked, cancellation).ConfigureAwait(false);

            // Not `npm ci`: it refuses a lock file that lacks the packages for systems that the registry does not have.
            string[] command = [npm, "install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund"];
            throw new MissingToolsException(language, [new MissingTool("the npm packages that make components", "about 40 MB, kept in the cache folder", [command], $"Run: {string.Join(' ', command)}")]);
        }

        return new FoundTools($"node {number}, packages {Path.GetFileName(folder)}", new Dictionary<string, string> { ["node"] = node, ["packages"] = folder });
    }

    private static MissingTool NodeItself(ToolEnvironment environment) =>
        Toolchain.Apt(environment, $"Node.js {OldestNode} or newer with npm", "about 30 MB", "Install Node.js from https://nodejs.org.", "nodejs", "npm");

    private static byte[] Resource(string name)
    {
        using Stream stream = typeof(NodeTools).Assembly.GetManifestResourceStream($"js/{name}") ?? throw new InvalidOperationException($"the resource {name} is missing");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
