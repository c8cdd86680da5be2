using System.Text;
using Atoll.Components;
using Atoll.Wasm;

namespace Atoll.Sdk.Tests.Projects;

/// <summary>The function that componentize-qjs leaves exported, in components of the form that it writes.</summary>
public sealed class QuickJsInitializerTests
{
    [Fact]
    public void What_the_making_needed_is_not_exported()
    {
        byte[] component = Assemble("""(alias export $i "init" (func $init)) (export "init" (func $init)) (alias export $i "run" (func $run)) (export "run" (func $run))""");
        byte[] changed = QuickJsInitializer.Hide(component);
        Assert.Equal(["run"], Exports(changed));
        Assert.Equal(["init", "run"], Exports(component));
        Assert.Same(changed, QuickJsInitializer.Hide(changed));
    }

    [Theory]
    [InlineData("""(alias export $i "run" (func $run)) (export "run" (func $run))""")]
    [InlineData("""(alias export $i "run" (func $run)) (export "init" (func $run))""")]
    [InlineData("")]
    public void Other_components_stay_as_they_are(string definitions)
    {
        byte[] component = Assemble(definitions);
        Assert.Same(component, QuickJsInitializer.Hide(component));
    }

    private static byte[] Assemble(string definitions) =>
        ComponentWriter.FromText(Encoding.UTF8.GetBytes($"""(component (import "host" (instance $i (export "init" (func)) (export "run" (func (result u32))))) {definitions})"""));

    private static IEnumerable<string> Exports(byte[] component) => Component.Load(new WasmEngine(), component).Type.Functions.Select(function => function.Key);
}
