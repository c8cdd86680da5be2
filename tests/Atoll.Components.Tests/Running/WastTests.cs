using Atoll.Spec.Tests;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Components.Tests;

/// <summary>The component suites in their text form, as <c>atoll wast</c> runs them.</summary>
public sealed class WastTests(Totals totals)
{
    public static TheoryData<string> Files() =>
        [.. SpecData.Lines("scope.txt").Where(line => line[0] != '-' && !Array.Exists(ScriptTests.Missing, folder => line.Contains(folder, StringComparison.Ordinal)))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Scripts_do_what_they_say(string unit)
    {
        string path = Path.Combine(SpecData.Root(), unit, $"{Path.GetFileName(unit)}.wast");
        WastOptions options = new() { FileName = unit, Engine = new WasmEngineOptions { Features = WasmFeatures.All } };
        WastResult result = ComponentScript.Run(File.ReadAllText(path), options, TestContext.Current.CancellationToken);
        HashSet<string> expected = [.. SpecData.Lines("expectations-run.txt").Concat(SpecData.Lines("expectations.txt"))
            .Select(line => line.Split(' ', 2)[0]).Where(place => place.StartsWith(unit + ":", StringComparison.Ordinal))];
        string[] unexpected = [.. result.Failures.Where(failure => !expected.Remove($"{unit}:{failure.Line}")).Select(failure => failure.ToString())];
        totals.Add("text", "passed", result.Passed);
        totals.Add("text", "failed", result.Failed);
        Assert.True(unexpected.Length == 0, $"{unexpected.Length} failures:\n{string.Join('\n', unexpected.Take(60))}");
        Assert.True(expected.Count == 0, $"passes, but the expectations say it fails: {string.Join(", ", expected)}");
    }

    [Fact]
    public void A_result_that_is_another_is_a_failure_at_its_line()
    {
        const string Script = """
            (component
              (core module $m (func (export "f") (result i32) (i32.const 7)))
              (core instance $i (instantiate $m))
              (func (export "f") (result u32) (canon lift (core func $i "f"))))
            (assert_return (invoke "f") (u32.const 7))
            (assert_return (invoke "f") (u32.const 8))
            (assert_return (invoke "f"))
            (assert_trap (invoke "f") "unreachable")
            (assert_invalid (component) "there is nothing wrong")
            """;
        WastResult result = ComponentScript.Run(Script);
        Assert.Equal(1, result.Passed);
        Assert.Equal([6, 7, 8, 9], result.Failures.Select(failure => failure.Line));
        Assert.Contains("got u32 0x7", result.Failures[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Modules_and_components_take_turns()
    {
        const string Script = """
            (module $m (func (export "f") (result i32) (i32.const 1)))
            (assert_return (invoke "f") (i32.const 1))
            (component definition $d
              (core module $m (func (export "f") (result i32) (i32.const 2)))
              (core instance $i (instantiate $m))
              (func (export "f") (result u32) (canon lift (core func $i "f"))))
            (component instance $a $d)
            (assert_return (invoke "f") (u32.const 2))
            (assert_return (invoke $a "f") (u32.const 2))
            (assert_return (invoke $m "f") (i32.const 1))
            (module (func (export "f") (result i32) (i32.const 3)))
            (assert_return (invoke "f") (i32.const 3))
            """;
        WastResult result = ComponentScript.Run(Script);
        Assert.Empty(result.Failures);
        Assert.Equal(5, result.Passed);
    }
}
