using System.Diagnostics;
using Atoll.Components.Binary;
using Atoll.Components.Validation;
using Atoll.Wit;

namespace Atoll.Components.Tests.Writing;

/// <summary>What we write, jco reads, and the other way round. It is installed by npm the first time; without npm the tests are skipped.</summary>
[Trait("Category", "Long")]
public sealed class JcoTests
{
    private const string Package = "@bytecodealliance/jco@1.35.0";

    private const string Script = """
        import { readFileSync, writeFileSync } from 'node:fs';
        import { pathToFileURL } from 'node:url';
        const [modules, verb, input, output, wit, world] = process.argv.slice(2);
        const { $init, tools } = await import(pathToFileURL(modules + '/@bytecodealliance/jco-transpile/vendor/wasm-tools.js'));
        await $init;
        const binary = readFileSync(input);
        if (verb === 'new') writeFileSync(output, tools.componentNew(binary));
        if (verb === 'wit') writeFileSync(output, tools.componentWit(binary));
        if (verb === 'embed') writeFileSync(output, tools.componentEmbed({ binary, witSource: readFileSync(wit, 'utf8'), world, worldName: world, stringEncoding: 'utf8' }));
        """;

    private static readonly Lazy<string?> Modules = new(Install);

    [Fact]
    public void Worlds_that_we_embed_are_read_and_those_of_jco_too()
    {
        string wit = File.ReadAllText(Path.Combine(Spec.Tests.SpecData.Root(), "..", "guests", "src", "world.wit")).Split("// 3.")[0];
        byte[] module = Core("c-hosted.component.wasm");
        byte[] ours = ComponentWriter.EmbedWorld(module, WitModel.Parse(wit).SelectWorld("hosted"));
        byte[] component = ComponentWriter.FromModule(ours, cancellationToken: TestContext.Current.CancellationToken);
        byte[] theirs = Run("embed", module, wit, "hosted");
        Assert.Equal(component, ComponentWriter.FromModule(theirs, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(Text(Run("wit", Run("new", ours))), Text(Run("wit", component)));
    }

    [Fact]
    public void Adapted_programs_are_read()
    {
        string root = Path.Combine(Spec.Tests.SpecData.Root(), "..", "guests", "wasm");
        byte[] command = ComponentWriter.FromModule(File.ReadAllBytes(Path.Combine(root, "c-cmd-p1.wasm")), adaptPreview1: true, TestContext.Current.CancellationToken);
        Assert.Contains("export wasi:cli/run@0.2.12", Text(Run("wit", command)), StringComparison.Ordinal);
    }

    private static string Text(byte[] bytes) => System.Text.Encoding.UTF8.GetString(bytes);

    /// <summary>The first core module within a sample.</summary>
    private static byte[] Core(string file)
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(Spec.Tests.SpecData.Root(), "..", "guests", "wasm", file));
        return ComponentLoader.Load(bytes, ComponentLoadOptions.Default).Definitions.OfType<CoreModuleEntry>().First().Module.Bytes;
    }

    private static byte[] Run(string verb, byte[] input, string wit = "", string world = "")
    {
        if (Modules.Value is null)
        {
            Assert.Skip("npm is not there, or cannot install jco");
        }

        DirectoryInfo folder = Directory.CreateTempSubdirectory("atoll-jco-");
        try
        {
            string At(string name) => Path.Combine(folder.FullName, name);
            File.WriteAllText(At("script.mjs"), Script);
            File.WriteAllText(At("world.wit"), wit);
            File.WriteAllBytes(At("in"), input);
            (int code, string errors) = Start("node", folder.FullName, At("script.mjs"), Modules.Value!, verb, At("in"), At("out"), At("world.wit"), world);
            Assert.True(code == 0, errors);
            return File.ReadAllBytes(At("out"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string? Install()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Directory.Build.props")))
        {
            folder = folder.Parent;
        }

        string place = Path.Combine(folder?.FullName ?? Path.GetTempPath(), "artifacts", "npm", "jco");
        string modules = Path.Combine(place, "node_modules");
        if (Directory.Exists(Path.Combine(modules, "@bytecodealliance", "jco-transpile")))
        {
            return modules;
        }

        Directory.CreateDirectory(place);
        try
        {
            return Start("npm", place, "install", "--no-audit", "--no-fund", "--prefix", place, Package).Code == 0 ? modules : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static (int Code, string Errors) Start(string program, string folder, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardError = true, RedirectStandardOutput = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        output.Wait();
        process.WaitForExit();
        return (process.ExitCode, errors);
    }
}
