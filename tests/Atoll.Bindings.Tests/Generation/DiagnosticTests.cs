using Microsoft.CodeAnalysis;

namespace Atoll.Bindings.Tests.Generation;

/// <summary>What the generator reports, and where.</summary>
public sealed class DiagnosticTests
{
    [Fact]
    public void A_mistake_is_shown_in_its_line_of_the_WIT_file()
    {
        Diagnostic found = Only(GeneratorDriverRun.Of("package a:b;\n\ninterface i {\n  f: func(x: nothing) -> u32;\n}\n"));
        Assert.Equal("ATOLL1001", found.Id);
        Assert.Contains("`nothing`", found.GetMessage(null));
        FileLinePositionSpan place = found.Location.GetLineSpan();
        Assert.Equal(("/project/wit/world.wit", 3, 13, 20), (place.Path, place.StartLinePosition.Line, place.StartLinePosition.Character, place.EndLinePosition.Character));
    }

    [Fact]
    public void A_world_that_is_not_there_is_named_with_those_that_are()
    {
        Diagnostic found = Only(GeneratorDriverRun.Of("package a:b;\nworld w {}\n", "other"));
        Assert.Equal("ATOLL1002", found.Id);
        Assert.Equal("there is no world `other`; there are a:b/w", found.GetMessage(null));
    }

    [Theory]
    [InlineData("f: async func();", "is asynchronous")]
    [InlineData("f: func(s: stream<u8>);", "uses `stream<u8>`")]
    [InlineData("type t = list<future<u8>>; f: func() -> t;", "uses `future<u8>`")]
    public void What_cannot_be_bound_is_shown_at_its_function(string item, string what)
    {
        Diagnostic found = Only(GeneratorDriverRun.Of($"package a:b;\ninterface i {{\n{item}\n}}\nworld w {{ export i; }}\n"));
        Assert.Equal("ATOLL1003", found.Id);
        Assert.Contains(what, found.GetMessage(null));
        Assert.Equal(2, found.Location.GetLineSpan().StartLinePosition.Line);
    }

    [Fact]
    public void Without_the_runtime_there_is_one_error_and_no_code()
    {
        GeneratorDriverRun run = new(hasRuntime: false, ("/project/wit/world.wit", "package a:b;\nworld w { export f: func(); }\n", ""));
        Assert.Equal("ATOLL1004", Only(run).Id);
        Assert.Empty(run.Result.GeneratedSources);
    }

    [Fact]
    public void Documentation_cannot_leave_its_comment()
    {
        GeneratorDriverRun run = GeneratorDriverRun.Of("package a:b;\nworld w {\n/// one\u2028public class Injected;\n/// <b> & more\nexport f: func();\n}\n").Run();
        Assert.Empty(run.Diagnostics);
        Assert.Null(run.Output.GetTypeByMetadataName("My.App.Injected"));
        Assert.DoesNotContain(run.Output.GetDiagnostics(TestContext.Current.CancellationToken), diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning);
    }

    [Fact]
    public void Packages_in_deps_are_found_and_have_namespaces_of_their_own()
    {
        GeneratorDriverRun run = new GeneratorDriverRun(
            hasRuntime: true,
            ("/p/wit/world.wit", "package a:b;\nworld w { import c:d/types; export f: func(e: g); use c:d/types.{g}; }\n", ""),
            ("/p/wit/deps/d/types.wit", "package c:d;\ninterface types { record g { x: u32 } log: func(text: string); }\n", "")).Run();
        Assert.Empty(run.Diagnostics);
        Assert.Empty(run.Output.GetDiagnostics(TestContext.Current.CancellationToken).Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning));
        Assert.NotNull(run.Output.GetTypeByMetadataName("My.App.C.D.G"));
        Assert.NotNull(run.Output.GetTypeByMetadataName("My.App.C.D.ITypes"));
    }

    [Fact]
    public void WASI_is_left_to_the_runtime()
    {
        GeneratorDriverRun run = new GeneratorDriverRun(
            hasRuntime: true,
            ("/p/wit/world.wit", "package a:b;\nworld w { import wasi:x/streams; export f: func(s: own-stream); use wasi:x/streams.{own-stream}; }\n", ""),
            ("/p/wit/deps/x/streams.wit", "package wasi:x;\ninterface streams { resource own-stream { read: func() -> u8; } }\n", "")).Run();
        Assert.Empty(run.Diagnostics);
        string world = run.Source("My.App.W.g.cs");
        Assert.Contains("public void F(global::Atoll.Components.ComponentResource s)", world);
        Assert.DoesNotContain("IStreams", world);
    }

    [Fact]
    public void Clashes_of_names_are_resolved()
    {
        GeneratorDriverRun run = GeneratorDriverRun.Of("""
            package a:app;
            interface one { enum code { x, none } flags none { none } f: func(c: code, class: none) -> code; }
            interface two { enum code { y } one: func(c: code); app: func(); two-exports: func(); equals: func(); }
            interface error { resource error { error: func() -> error; to-string: func() -> string; } }
            world app { import one; import two; export two; import error; export app: func(); export instantiate: func(linker: u32); import load: func(component: u32); }
            """).Run();
        Assert.Empty(run.Diagnostics);
        Assert.Empty(run.Output.GetDiagnostics(TestContext.Current.CancellationToken).Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning));
        Assert.NotNull(run.Output.GetTypeByMetadataName("My.App.OneCode"));
        Assert.NotNull(run.Output.GetTypeByMetadataName("My.App.TwoCode"));
        Assert.NotNull(run.Output.GetTypeByMetadataName("My.App.AppWorld"));
        Assert.NotNull(run.Output.GetTypeByMetadataName("My.App.IErrorFunctions"));
    }

    private static Diagnostic Only(GeneratorDriverRun run)
    {
        Diagnostic found = Assert.Single(run.Run().Diagnostics);
        Assert.Equal(DiagnosticSeverity.Error, found.Severity);
        return found;
    }
}
