using System.Diagnostics;
using Atoll.Components;
using Atoll.Components.Types;
using Atoll.Sdk.Toml;
using Atoll.Wasm;

namespace Atoll.Sdk.Projects;

/// <summary>How a case ended.</summary>
/// <param name="File">The file that it is in.</param>
/// <param name="Name">Its name.</param>
/// <param name="Problem">What was otherwise than expected; null when nothing was.</param>
/// <param name="Time">How long it took, with making the instance.</param>
internal sealed record TestOutcome(string File, string Name, string? Problem, TimeSpan Time);

/// <summary>A component ready for one case: fresh, with the host that the file asks for.</summary>
internal interface ITestInstance : IDisposable
{
    ComponentInstance Instance { get; }

    /// <summary>Has the component answer a request.</summary>
    /// <exception cref="InvalidOperationException">It did not answer, not wholly, or with an error.</exception>
    /// <exception cref="ArgumentException">The request is none.</exception>
    /// <exception cref="WasmException">It trapped or was stopped.</exception>
    TestAnswer Send(TestRequest request);

    /// <summary>What the component wrote: standard output, standard error, and what it logged, each in lines.</summary>
    IReadOnlyList<string> Log { get; }

    /// <summary>The functions of the host that it called, in order.</summary>
    IReadOnlyList<string> Calls { get; }

    /// <summary>What the set-up of the file expects of the calls to the host and is otherwise; null when nothing is.</summary>
    string? Verify();
}

/// <summary>Runs the cases of a project against its component.</summary>
/// <param name="component">The component.</param>
/// <param name="makeInstance">Makes an instance for a case.</param>
internal sealed class TestRun(Component component, Func<TestFile, ITestInstance> makeInstance)
{
    private const string Handler = "wasi:http/incoming-handler@0.2.0";

    /// <summary>Runs the cases whose name, or file and name, hold a text.</summary>
    /// <returns>The outcomes, as they come.</returns>
    public IEnumerable<TestOutcome> Run(IEnumerable<TestFile> files, string? filter, CancellationToken cancellation)
    {
        foreach (TestFile file in files)
        {
            foreach (TestCase test in file.Cases.Where(test => filter is null || $"{file.Path} {test.Name}".Contains(filter, StringComparison.OrdinalIgnoreCase)))
            {
                cancellation.ThrowIfCancellationRequested();
                long start = Stopwatch.GetTimestamp();
                string? problem = RunCase(file, test);
                yield return new TestOutcome(file.Path, test.Name, problem, Stopwatch.GetElapsedTime(start));
            }
        }
    }

    private string? RunCase(TestFile file, TestCase test)
    {
        if (Prepare(file, test, out string function, out ComponentFunctionType? type, out ComponentValue[] arguments, out ComponentValue? expected) is { } mistake)
        {
            return mistake.ToString();
        }

        using ITestInstance made = makeInstance(file);
        try
        {
            if (test.Request is { } request)
            {
                TestAnswer answer = made.Send(request.Value);
                if ((test.Traps ? $"should trap\nbut answered with status {answer.Status}" : test.Response?.Compare(answer)) is { } otherwise)
                {
                    return otherwise;
                }
            }
            else
            {
                ComponentValue? result = made.Instance.GetFunction(function)!.Invoke(arguments);
                if (test.Traps)
                {
                    return $"should trap\nbut returned {Show(result)}";
                }

                if (expected is { } value && result != value)
                {
                    return $"expected {Show(value)}\nbut got  {Show(result)}";
                }
            }
        }
        catch (TrapException trap)
        {
            if (!test.Traps)
            {
                return string.Join("\n  at ", [$"trapped: {trap.Message}", .. trap.GuestStack.Take(10).Select(frame => frame.ToString())]);
            }
        }
        catch (Exception exception) when (exception is WasmException and not UnlinkableException || (exception is InvalidOperationException or ArgumentException && test.Request is not null))
        {
            return $"failed: {exception.Message}";
        }

        return Compare("log", test.Log, made.Log) ?? Compare("calls", test.Calls, made.Calls) ?? made.Verify();

        static string? Compare(string what, IReadOnlyList<string>? expected, IReadOnlyList<string> actual) => expected is null || expected.SequenceEqual(actual)
            ? null
            : $"expected {what} [{string.Join(", ", expected.Select(Quote))}]\nbut got  {new string(' ', what.Length)} [{string.Join(", ", actual.Select(Quote))}]";

        static string Quote(string line) => Wave.Write(ComponentValue.String(line));

        static string Show(ComponentValue? value) => value is { } known ? Wave.Write(known) : "nothing";
    }

    /// <summary>Reads call and result by the types of the function; gives what is wrong with them.</summary>
    private Diagnostic? Prepare(TestFile file, TestCase test, out string function, out ComponentFunctionType? type, out ComponentValue[] arguments, out ComponentValue? expected)
    {
        (function, type, arguments, expected) = (string.Empty, null, [], null);
        if (test.Call is not { } written)
        {
            return component.Type.FindExport(Handler) is null
                ? file.Source.Error($"the component exports no {Handler.Split('@')[0]}: it answers no requests", test.Request!.Value.Span, "Write call = 'function(arguments)'.")
                : null;
        }

        string call = written.Value;
        int open = call.IndexOf('(', StringComparison.Ordinal);
        if (open < 0)
        {
            return file.Source.Error("the call has no parentheses", written.Span, "Write function(arguments), for example greet(\"Ada\").");
        }

        string name = call[..open].Trim();
        IReadOnlyList<string> found = component.Type.FindFunctions(name);
        if (found is not [var only])
        {
            return file.Source.Error(
                found.Count == 0 ? $"the component exports no function `{name}`" : $"`{name}` can mean several functions",
                written.Span,
                $"There are {string.Join(", ", (found.Count == 0 ? component.Type.Functions.Select(known => known.Key) : found).Take(20))}.");
        }

        function = only;
        type = component.Type.Functions.First(known => known.Key == only).Value;
        TextSpan at = written.Span;
        try
        {
            arguments = Wave.ParseArguments(call[open..], type);
            at = test.Returns?.Span ?? at;
            if (test.Returns is { } returns)
            {
                expected = type.Result is { } result
                    ? Wave.Parse(returns.Value, result)
                    : throw new WaveFormatException("the function returns nothing; leave `returns` out");
            }

            return null;
        }
        catch (FormatException exception)
        {
            return file.Source.Error(exception.Message, at);
        }
    }

    private sealed class WaveFormatException(string message) : FormatException(message);
}
