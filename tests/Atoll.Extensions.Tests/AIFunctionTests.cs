using System.Text.Json;
using Atoll.Components;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Atoll.Extensions.Tests;

/// <summary>Exported functions as functions of language models.</summary>
public sealed class AIFunctionTests
{
    [Fact]
    public async Task A_function_has_a_schema_and_is_called_with_JSON()
    {
        using ServiceProvider services = Services("n", Guests.Numbers);
        IReadOnlyList<AIFunction> functions = services.GetRequiredService<ComponentCatalog>().GetFunctions("n");
        Assert.Equal(["n_double", "n_twice", "n_spin"], functions.Select(function => function.Name));
        Assert.Equal(
            """{"type":"object","properties":{"x":{"type":"integer","minimum":0,"maximum":4294967295}},"required":["x"],"additionalProperties":false}""",
            functions[0].JsonSchema.GetRawText());
        Assert.Equal("42", Text(await functions[0].InvokeAsync(new() { ["x"] = 21 }, TestContext.Current.CancellationToken)));
        Assert.Equal("\"18446744073709551614\"", Text(await functions[1].InvokeAsync(new() { ["x"] = ulong.MaxValue / 2 }, TestContext.Current.CancellationToken)));
        Assert.Equal("\"18446744073709551614\"", Text(await functions[1].InvokeAsync(new() { ["x"] = "9223372036854775807" }, TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task What_does_not_fit_is_refused_with_its_place()
    {
        using ServiceProvider services = Services("n", Guests.Numbers);
        AIFunction function = services.GetRequiredService<ComponentCatalog>().GetFunctions("n")[0];
        Assert.StartsWith("$.x: -1 is not an integer from 0 to 4294967295", (await Refused(function, new() { ["x"] = -1 })).Message);
        Assert.StartsWith("$: the argument \"x\" (u32) is missing", (await Refused(function, [])).Message);
        Assert.Contains("y", (await Refused(function, new() { ["x"] = 1, ["y"] = 1 })).Message);
    }

    [Fact]
    public async Task Each_call_has_a_state_of_its_own_and_an_instance_that_is_new()
    {
        List<Run> runs = [];
        using ServiceProvider services = new ServiceCollection().AddAtoll(options => options
            .AddComponent("n", Guests.Counter)
            .UseState(_ =>
            {
                lock (runs)
                {
                    runs.Add(new Run());
                    return runs[^1];
                }
            })
            .ConfigureLinker((_, linker) => linker.DefineFunction("host-count", (ComponentCaller caller) => ((Run)caller.Store.State!).Count(caller.Store.MayBlock)))).BuildServiceProvider();
        AIFunction count = Assert.Single(services.GetRequiredService<ComponentCatalog>().GetFunctions("n"));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("101", Text(await count.InvokeAsync([], TestContext.Current.CancellationToken)));
        }

        // One more for the instance that was made, and all are over.
        Assert.Equal(4, runs.Count);
        Assert.All(runs, run => Assert.True(run.IsDisposed));
        Assert.Equal(3, runs.Count(run => run.CouldBlock));

        services.GetRequiredService<ComponentCatalog>().Reload("n");
        Assert.Equal("101", Text(await count.InvokeAsync([], TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task Cancelling_stops_the_guest()
    {
        using ServiceProvider services = Services("n", Guests.Numbers);
        AIFunction spin = services.GetRequiredService<ComponentCatalog>().GetFunctions("n")[2];
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await spin.InvokeAsync([], source.Token));
    }

    [Theory]
    [InlineData("", "string", "\"grüße\"", "i32 i32")]
    [InlineData("", "(list u8)", "\"AAEC\"", "i32 i32")]
    [InlineData("", "(list u16)", "[1,2,65535]", "i32 i32")]
    [InlineData("", "char", "\"🌍\"", "i32")]
    [InlineData("", "f64", "0.5", "f64")]
    [InlineData("", "f64", "\"nan\"", "f64")]
    [InlineData("", "bool", "true", "i32")]
    [InlineData("(type $t' (enum \"a\" \"b\")) (import \"t\" (type $t (eq $t')))", "$t", "\"b\"", "i32")]
    [InlineData("(type $t' (flags \"a\" \"b\" \"c\")) (import \"t\" (type $t (eq $t')))", "$t", "[\"a\",\"c\"]", "i32")]
    [InlineData("(type $t' (record (field \"only\" s64))) (import \"t\" (type $t (eq $t')))", "$t", "{\"only\":-5}", "i64")]
    [InlineData("(type $t' (variant (case \"none\") (case \"other\"))) (import \"t\" (type $t (eq $t')))", "$t", "{\"tag\":\"other\"}", "i32")]
    [InlineData("", "(tuple s32)", "[-7]", "i32")]
    [InlineData("", "(result)", "{\"tag\":\"err\"}", "i32")]
    public async Task Values_pass_unchanged(string types, string type, string json, string flat)
    {
        using ServiceProvider services = Services("s", Guests.Same(types, type, flat.Split(' ')).ToArray());
        AIFunction same = Assert.Single(services.GetRequiredService<ComponentCatalog>().GetFunctions("s"));
        object? back = await same.InvokeAsync(new() { ["v"] = JsonDocument.Parse(json).RootElement }, TestContext.Current.CancellationToken);
        Assert.Equal(json, System.Text.RegularExpressions.Regex.Unescape(Text(back)));
    }

    private sealed class Run : IDisposable
    {
        private uint _count;

        public bool CouldBlock { get; private set; }

        public bool IsDisposed { get; private set; }

        public uint Count(bool mayBlock)
        {
            CouldBlock = mayBlock;
            return ++_count;
        }

        public void Dispose() => IsDisposed = true;
    }

    private static ServiceProvider Services(string name, byte[] component) => new ServiceCollection().AddAtoll(options => options
        .AddComponent(name, component)
        .ConfigureLinker((_, linker) => linker.DefineFunction("host-double", (uint x) => x * 2))).BuildServiceProvider();

    private static string Text(object? result) => Assert.IsType<JsonElement>(result).GetRawText();

    private static Task<ComponentJsonException> Refused(AIFunction function, AIFunctionArguments arguments) =>
        Assert.ThrowsAsync<ComponentJsonException>(async () => await function.InvokeAsync(arguments, TestContext.Current.CancellationToken));
}
