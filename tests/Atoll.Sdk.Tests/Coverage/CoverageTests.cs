using Atoll.Components;
using Atoll.Components.Types;

namespace Atoll.Sdk.Tests.Coverage;

/// <summary>What a guest of the world <c>atoll:coverage</c> must do, in whatever language it is written.</summary>
public abstract class CoverageTests
{
    /// <summary>The component, built once; a test that needs a toolchain that is not there is skipped.</summary>
    protected abstract byte[] Component { get; }

    /// <summary>Defines what the language's own library imports beside the world.</summary>
    private protected virtual void Define(ComponentLinker linker)
    {
    }

    [Fact]
    public void Every_value_comes_through_the_guest_as_it_went_in()
    {
        using CoverageHost host = new(Component, Define);
        List<string> problems = [];

        // Twice: what was not freed or was freed wrongly shows when memory is used again.
        foreach (CoverageVector vector in CoverageHost.Vectors().Concat(CoverageHost.Vectors()))
        {
            ComponentFunction function = host.Function(CoverageHost.Echo, vector.Function);
            ComponentValue[] arguments = Wave.ParseArguments(vector.Arguments, function.Type);
            string sent = $"({string.Join(", ", arguments.Select(value => Wave.Write(value)))})";
            string? expected = vector.Result is null ? null : Wave.Write(Wave.Parse(vector.Result, function.Type.Result!));
            string? answer = function.Invoke(arguments) is { } value ? Wave.Write(value) : null;
            string[] received = host.TakeReceived();
            if (received is not [var only] || only != sent)
            {
                problems.Add($"{vector.Function}{sent}: the host got {string.Join(" and ", received)}");
            }

            if (answer != expected)
            {
                problems.Add($"{vector.Function}{sent}: answered {answer}, not {expected}");
            }
        }

        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }

    [Fact]
    public void There_is_a_vector_for_every_function()
    {
        using CoverageHost host = new(Component, Define);
        ComponentType type = Components.Component.Load(new Wasm.WasmEngine(), Component).Type;
        InstanceType echo = (InstanceType)type.Exports.Single(item => item.Name == CoverageHost.Echo).Type.Type;
        IEnumerable<string> functions = echo.Exports.Where(item => item.Type.Kind == ComponentExternKind.Function).Select(item => item.Name);
        Assert.Equal(functions.Order(StringComparer.Ordinal), CoverageHost.Vectors().Select(vector => vector.Function).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Functions_of_the_world_itself_are_imported_and_exported()
    {
        using CoverageHost host = new(Component, Define);
        Assert.Equal("wörld!", host.Function("plain-too").Invoke(ComponentValue.String("wörld"))!.Value.AsString());
    }

    [Fact]
    public void Resources_of_the_host_are_made_lent_and_dropped()
    {
        using CoverageHost host = new(Component, Define);
        Assert.Equal("[10, 15, 116]", Call(host, "count", "(7, [3, 5])"));
        Assert.Equal(0, host.Counters);
        Assert.Equal("some(4)", Call(host, "first-of", "([4, 5, 6])"));
        Assert.Equal("none", Call(host, "first-of", "([])"));
        Assert.Equal(0, host.Counters);
    }

    [Fact]
    public virtual void Handles_of_the_host_go_through_the_guest()
    {
        using CoverageHost host = new(Component, Define);
        ComponentResource counter = host.NewCounter(5);
        Assert.Equal(12u, host.Function(CoverageHost.Made, "add").Invoke(ComponentValue.Borrow(counter), ComponentValue.U32(7))!.Value.AsUInt64());
        ComponentResource back = host.Function(CoverageHost.Made, "relay").Invoke(ComponentValue.Own(counter))!.Value.AsResource();
        Assert.Equal(12u, CoverageHost.ValueOf(back));
        Assert.Equal(1, host.Counters);
        back.Dispose();
        Assert.Equal(0, host.Counters);
    }

    [Fact]
    public virtual void Resources_of_the_guest_live_until_they_are_dropped()
    {
        using CoverageHost host = new(Component, Define);
        ComponentResource note = Made(host, "[constructor]note", ComponentValue.String("Hé"))!.Value.AsResource();
        Made(host, "[method]note.append", ComponentValue.Borrow(note), ComponentValue.String("llo"));
        Assert.Equal("Héllo", Made(host, "[method]note.text", ComponentValue.Borrow(note))!.Value.AsString());
        ComponentResource[] notes =
            [.. Made(host, "notes", ComponentValue.List(ComponentValue.String("a"), ComponentValue.String(""), ComponentValue.String("c")))!.Value.AsList().Select(value => value.AsResource())];
        Assert.Equal(4u, Made(host, "alive")!.Value.AsUInt64());
        Assert.Equal("acHéllo", Made(host, "join", ComponentValue.List([.. notes.Append(note).Select(ComponentValue.Borrow)]))!.Value.AsString());
        ComponentResource merged = Made(host, "[static]note.merge", ComponentValue.Borrow(note), ComponentValue.Own(notes[2]))!.Value.AsResource();
        Assert.Equal("Hélloc", Made(host, "[method]note.text", ComponentValue.Borrow(merged))!.Value.AsString());
        Assert.Equal(4u, Made(host, "alive")!.Value.AsUInt64());
        Assert.Equal("ok(\"a\")", Wave.Write(Made(host, "take", ComponentValue.Own(notes[0]))!.Value));
        Assert.Equal("err", Wave.Write(Made(host, "take", ComponentValue.Own(notes[1]))!.Value));
        note.Dispose();
        merged.Dispose();
        Assert.Equal(0u, Made(host, "alive")!.Value.AsUInt64());
    }

    private static ComponentValue? Made(CoverageHost host, string name, params ComponentValue[] arguments) => host.Function(CoverageHost.Made, name).Invoke(arguments);

    private static string Call(CoverageHost host, string name, string arguments)
    {
        ComponentFunction function = host.Function(CoverageHost.Made, name);
        return Wave.Write(function.Invoke(Wave.ParseArguments(arguments, function.Type))!.Value);
    }
}
