using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Atoll.Cli.Packaging;

namespace Atoll.Cli.Tests;

/// <summary>Which methods are compiled ahead of time for a package: names as the JIT compiler writes them become tokens in a profile. That the compiler reads it is shown by <c>atoll package vsix</c>.</summary>
public sealed class StartProfileTests : IDisposable
{
    private readonly ImplementationAssemblies _assemblies = new([typeof(object).Assembly.Location, typeof(StartProfileTests).Assembly.Location, typeof(Uri).Assembly.Location]);

    public void Dispose() => _assemblies.Dispose();

    [Theory]
    [InlineData("   1: JIT compiled System.AppContext:Setup(ptr,ptr,int) [Tier0, IL size=68, code size=231]", "System.AppContext", 0, "Setup", 0, 3)]
    [InlineData("  12: JIT compiled A.B`2+C[System.__Canon,System.ValueTuple`2[int,System.__Canon]]:.ctor() [Tier0, IL size=9, code size=39]", "A.B`2+C", 2, ".ctor", 0, 0)]
    [InlineData("   3: JIT compiled A.B:Do[A.D`1[int],byte](A.E`2[int,int],byref) [Tier1-OSR @0x2e, IL size=85, code size=92]", "A.B", 0, "Do", 2, 2)]
    [InlineData("   4: JIT compiled A.B:I<K[]>.Get(int) [Tier0, IL size=1, code size=1]", "A.B", 0, "I<K[]>.Get", 0, 1)]
    public void Names_are_read(string line, string type, int typeArguments, string method, int methodArguments, int parameters)
    {
        CompiledName name = Assert.IsType<CompiledName>(CompiledName.TryParse(line));
        Assert.Equal((type, typeArguments, method, methodArguments, parameters), (name.Type.Name, name.Type.Arguments.Count, name.Name, name.Arguments.Count, name.ParameterCount));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1: JIT compiled A")]
    [InlineData("1: JIT compiled A:B() [Tier0]")]
    [InlineData("1: JIT compiled (dynamicClass):IL_STUB_PInvoke() [FullOpts, IL size=25, code size=129]")]
    [InlineData("1: JIT compiled A[]:B() [Tier0, IL size=1, code size=1]")]
    public void Other_lines_are_passed_over(string line) => Assert.Null(CompiledName.TryParse(line));

    [Fact]
    public void A_profile_names_the_methods_by_the_assemblies_that_they_need()
    {
        StartProfile profile = new(_assemblies);
        Assert.True(profile.Add(Name("System.Collections.Generic.Dictionary`2[System.__Canon,int]:TryInsert(System.__Canon,int,ubyte)")));
        Assert.True(profile.Add(Name("System.Collections.Generic.List`1[Atoll.Cli.Tests.StartProfileTests+Pair]:AddWithResize(Atoll.Cli.Tests.StartProfileTests+Pair)")));
        Assert.True(profile.Add(Name("Atoll.Cli.Tests.StartProfileTests:Generic[Atoll.Cli.Tests.StartProfileTests+Pair](System.__Canon,System.__Canon,ptr)")));
        Assert.False(profile.Add(Name("System.Nothing:Here()")));
        Assert.False(profile.Add(Name("System.Collections.Generic.List`1[System.__Canon]:AddWithResize(int,int,int)")));
        Assert.Equal(3, profile.Count);

        using MemoryStream file = new();
        profile.Write(file);
        using PEReader reader = new(new MemoryStream(file.ToArray()));
        MetadataReader metadata = reader.GetMetadataReader();
        Assert.Contains(metadata.MethodDefinitions, handle => metadata.GetString(metadata.GetMethodDefinition(handle).Name) == "AssemblyDictionary");
        Assert.Equal(
            ["AddWithResize", "Generic", "TryInsert"],
            metadata.MemberReferences.Select(handle => metadata.GetString(metadata.GetMemberReference(handle).Name)).Order(StringComparer.Ordinal));
        Assert.Contains("System.Private.Canon", metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name)));

        string[] groups = [.. Strings(metadata, reader)];
        Assert.Equal(["Atoll.Cli.Tests;", "System.Private.CoreLib;", "System.Private.CoreLib;Atoll.Cli.Tests;"], groups);
    }

    [Fact]
    public void Equal_profiles_are_equal_files()
    {
        Assert.Equal(Write(), Write());

        byte[] Write()
        {
            StartProfile profile = new(_assemblies);
            profile.Add(Name("System.Uri:CreateThis(System.String,ubyte,int,byref)"));
            using MemoryStream file = new();
            profile.Write(file);
            return file.ToArray();
        }
    }

    [Fact]
    public void Methods_that_are_always_inlined_are_left_out_unless_something_calls_them_through_a_table()
    {
        StartProfile profile = new(_assemblies);
        Assert.False(profile.Add(Name("Atoll.Cli.Tests.StartProfileTests:Small()", size: 8)));
        Assert.True(profile.Add(Name("Atoll.Cli.Tests.StartProfileTests:Small()", size: 80)));
        Assert.True(profile.Add(Name("Atoll.Cli.Tests.StartProfileTests:Dispose()", size: 8)));
    }

    // The shapes that a signature can have: modifiers, arrays, generic instances.
    internal static T Generic<T>(List<T[]> list, in Dictionary<string, T> all, nint pointer) => list.Count > all.Count && pointer != 0 ? list[0][0] : default!;

    internal static int Small() => 1;

    private static CompiledName Name(string name, int size = 100) => CompiledName.TryParse($"1: JIT compiled {name} [Tier0, IL size={size}, code size=1]")!;

    private static IEnumerable<string> Strings(MetadataReader metadata, PEReader reader)
    {
        MethodDefinition dictionary = metadata.MethodDefinitions.Select(metadata.GetMethodDefinition).Single(method => metadata.GetString(method.Name) == "AssemblyDictionary");
        BlobReader code = reader.GetMethodBody(dictionary.RelativeVirtualAddress).GetILReader();
        while (code.RemainingBytes > 0 && code.ReadByte() is var operation && operation == (byte)ILOpCode.Ldstr)
        {
            yield return metadata.GetUserString((UserStringHandle)System.Reflection.Metadata.Ecma335.MetadataTokens.Handle(code.ReadInt32()));
            Assert.Equal((byte)ILOpCode.Ldtoken, code.ReadByte());
            code.ReadInt32();
            Assert.Equal((byte)ILOpCode.Pop, code.ReadByte());
        }
    }

    internal record struct Pair(int Left);
}
