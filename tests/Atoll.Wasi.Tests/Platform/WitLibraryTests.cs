using Atoll.Components;
using Atoll.Wasi.Platform;
using Atoll.Wit;

namespace Atoll.Wasi.Tests.Platform;

/// <summary>The WIT within the library, and whether the host keeps to it.</summary>
public sealed class WitLibraryTests
{
    [Fact]
    public void The_names_are_those_of_the_interfaces()
    {
        IEnumerable<string> expected = PlatformProbe.Interfaces
            .SelectMany(item => item.AllFunctions.Select(function => $"{item.QualifiedName}#{function.ExternName}")
                .Concat(item.Types.Where(type => type.Body is WitResource).Select(type => $"{item.QualifiedName}#{type.Name}")));
        ComponentLinker linker = new ComponentLinker().AddPlatform();
        Assert.Equal(expected.Order(StringComparer.Ordinal), linker.DefinedNames().Order(StringComparer.Ordinal));
        Assert.All(PlatformProbe.Interfaces, item => Assert.True(PlatformHost.Defines(item.QualifiedName!), item.QualifiedName));
        Assert.False(PlatformHost.Defines("atoll:platform/messaging@0.1.0"));
        Assert.False(PlatformHost.Defines("atoll:platform/logging@0.2.0"));
        Assert.False(PlatformHost.Defines("atoll:platform/logging"));
    }

    [Fact]
    public void Every_function_can_be_imported_with_its_type() => new PlatformProbe().Dispose();

    [Fact]
    public void Every_package_reads_with_what_it_needs()
    {
        Assert.Contains("atoll:platform", WitLibrary.Packages);
        foreach (string name in WitLibrary.Packages)
        {
            WitLibraryPackage package = WitLibrary.Open(name);
            Assert.Same(package, WitLibrary.Open(package.Name));
            Assert.Equal(package.Name, package.Load(new WitOptions { AllFeatures = true }).Root.Name.ToString());
        }

        Assert.Equal(["wasi:clocks@0.2.12", "wasi:io@0.2.12"], WitLibrary.Open("wasi:clocks").Dependencies.Select(package => package.Name).Append("wasi:clocks@0.2.12").Order());
        Assert.Contains("atoll:platform@0.1.0", Assert.Throws<ArgumentException>(() => WitLibrary.Open("wasi:nothing")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_project_that_vendors_it_finds_everything()
    {
        string folder = Directory.CreateTempSubdirectory("atoll-wit").FullName;
        try
        {
            foreach (WitFile file in WitLibrary.Open("atoll:platform").Vendored)
            {
                string path = Path.Combine(folder, "deps", file.Path);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, file.Text);
            }

            File.WriteAllText(Path.Combine(folder, "world.wit"), "package my:tool;\nworld my-tool { include atoll:platform/tool@0.1.0; export run: func(); }\n");
            WitWorld world = WitFolder.Load(folder).SelectWorld();
            Assert.Contains(world.Imports, item => item.Name == "atoll:platform/key-value@0.1.0");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Every_item_of_the_platform_is_documented_and_gated()
    {
        WitPackage package = WitLibrary.Open("atoll:platform").Load(new WitOptions { AllFeatures = true }).Root;
        List<string> bare = [];
        foreach (WitItemOwner owner in package.Interfaces.Cast<WitItemOwner>().Concat(package.Worlds))
        {
            if (owner.Annotations is { Since: null, Unstable: null } || owner.Annotations.Docs is null)
            {
                bare.Add(owner.Name!);
            }

            bare.AddRange(owner.Types.Where(type => type.Body is not WitUse && type.Annotations.Docs is null).Select(type => $"{owner.Name}.{type.Name}"));
            bare.AddRange(((owner as WitInterface)?.AllFunctions ?? []).Where(function => function.Annotations.Docs is null).Select(function => $"{owner.Name}.{function.ExternName}"));
        }

        Assert.Empty(bare);
    }
}
