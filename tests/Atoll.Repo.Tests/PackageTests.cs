using System.IO.Compression;
using System.Xml.Linq;

namespace Atoll.Repo.Tests;

/// <summary>Makes the packages as a user would, restores them into an empty project and runs what comes out.</summary>
/// <remarks>Packages go into a cache of their own, so that nothing of an earlier build is found instead.</remarks>
[Trait("Category", "Long")]
[Collection(nameof(PackedCollection))]
public sealed class PackageTests(PackedFixture packed)
{
    private const string Hello = """
        (module
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "\10\00\00\00\06\00\00\00")
          (data (i32.const 16) "hello\n")
          (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))))
        """;

    private static readonly string[] Libraries = ["Atoll.Wasm", "Atoll.Wasm.Caching", "Atoll.Wit", "Atoll.Components", "Atoll.Wasi", "Atoll.Extensions", "Atoll.Testing", "Atoll.Host", "Atoll.Mcp"];

    [Fact]
    public void Libraries_carry_documentation_symbols_licence_and_readme()
    {
        foreach (string library in Libraries)
        {
            using ZipArchive package = ZipFile.OpenRead(packed.Find(library, ".nupkg"));
            string[] files = [.. package.Entries.Select(entry => entry.FullName)];
            Assert.Contains($"lib/net10.0/{library}.dll", files);
            Assert.Contains($"lib/net10.0/{library}.xml", files);
            Assert.Contains("README.md", files);
            XElement metadata = PackedFixture.Metadata(package);
            Assert.Equal("Apache-2.0", PackedFixture.Value(metadata, "license"));
            Assert.Equal("README.md", PackedFixture.Value(metadata, "readme"));
            Assert.True(PackedFixture.Value(metadata, "description").Length > 30, $"{library} has no description of its own.");

            using ZipArchive symbols = ZipFile.OpenRead(packed.Find(library, ".snupkg"));
            Assert.Contains(symbols.Entries, entry => entry.FullName == $"lib/net10.0/{library}.pdb");
        }
    }

    [Fact]
    public void The_tool_carries_its_command_and_the_shipped_tools()
    {
        using ZipArchive package = ZipFile.OpenRead(packed.Find("atoll", ".nupkg"));
        string[] files = [.. package.Entries.Select(entry => entry.FullName)];
        Assert.Contains("tools/net10.0/any/atoll.dll", files);
        Assert.Contains(files, file => file.EndsWith("DotnetToolSettings.xml", StringComparison.Ordinal));
        string[] manifests = [.. RepositoryFiles.All.Where(file => file.StartsWith("guests/tools/.mcp/tools/", StringComparison.Ordinal))];
        Assert.NotEmpty(manifests);
        Assert.All(manifests, file => Assert.Contains("tools/net10.0/any/" + file["guests/".Length..], files));
        Assert.All(
            RepositoryFiles.All.Where(file => file.StartsWith("guests/tools/bin/", StringComparison.Ordinal)),
            file => Assert.Contains("tools/net10.0/any/" + file["guests/".Length..], files));
    }

    [Fact]
    public async Task An_empty_project_restores_the_libraries_and_runs_a_guest()
    {
        string project = Path.Combine(packed.Folder, "embed");
        Directory.CreateDirectory(project);
        await File.WriteAllTextAsync(Path.Combine(project, "nuget.config"), $"""
            <configuration><packageSources><add key="atoll" value="{packed.Packages}" /></packageSources></configuration>
            """);
        await File.WriteAllTextAsync(Path.Combine(project, "embed.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable><TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Atoll.Mcp" Version="[{packed.Version}]" />
                <PackageReference Include="Atoll.Wasm" Version="[{packed.Version}]" />
              </ItemGroup>
            </Project>
            """);
        await File.WriteAllTextAsync(Path.Combine(project, "Program.cs"), """
            using Atoll.Wasm;
            using Atoll.Wasm.Text;

            WasmEngine engine = new();
            WasmModule module = engine.LoadModule(WatText.ToBinary(
                "(module (import \"host\" \"add\" (func $add (param i32 i32) (result i32))) (func (export \"twice\") (param i32) (result i32) (call $add (local.get 0) (local.get 0))))"));
            Linker linker = new(engine);
            linker.DefineFunction("host", "add", (int a, int b) => a + b);
            using Store store = new(engine);
            Console.WriteLine(linker.Instantiate(store, module).GetFunction("twice")!.Invoke(21)[0].AsI32());
            """);
        Assert.Equal("42", (await packed.DotnetAsync(project, "run", "-c", "Release")).Trim());
    }

    [Fact]
    public async Task The_tool_installs_and_runs_a_program()
    {
        string tool = Path.Combine(packed.Folder, "tool");
        await packed.DotnetAsync(packed.Folder, "tool", "install", "atoll", "--tool-path", tool, "--add-source", packed.Packages, "--version", packed.Version);
        string program = Path.Combine(packed.Folder, "hello.wat");
        await File.WriteAllTextAsync(program, Hello);
        string command = Path.Combine(tool, OperatingSystem.IsWindows() ? "atoll.exe" : "atoll");
        Assert.Equal("hello\n", await packed.StartAsync(packed.Folder, command, "run", program));
        Assert.StartsWith($"atoll {packed.Version}", await packed.StartAsync(packed.Folder, command, "version"), StringComparison.Ordinal);
    }
}
