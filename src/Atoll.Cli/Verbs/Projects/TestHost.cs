using Atoll.Components;
using Atoll.Sdk.Projects;
using Atoll.Sdk.Toml;
using Atoll.Testing;
using Atoll.Wasm;

namespace Atoll.Cli.Verbs.Projects;

/// <summary>A component for one case of a test, in a mock host that <c>[mock]</c> of the file sets up.</summary>
internal sealed class TestHost : ITestInstance
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(30);
    private readonly MockHost _host;

    private TestHost(MockHost host, ComponentInstance instance)
    {
        _host = host;
        Instance = instance;
    }

    public ComponentInstance Instance { get; }

    public IReadOnlyList<string> Log =>
    [
        .. Lines(_host.Stdout), .. Lines(_host.Stderr), .. _host.Logs.Select(entry => $"{entry.Level.ToString().ToLowerInvariant()}: {entry.Message}"),
    ];

    public IReadOnlyList<string> Calls => [.. _host.Calls.Select(call => call.Function)];

    /// <summary>Makes the host and an instance in it.</summary>
    /// <exception cref="DiagnosticException">The set-up is wrong.</exception>
    public static ITestInstance Make(Component component, TestFile file, CancellationToken cancellation)
    {
        MockHost host = Set(file);
        try
        {
            host.WithLimits(new StoreOptions { Timeout = TimeLimit, CancellationToken = cancellation });
            return new TestHost(host, host.Load(component).Instance);
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    public void Dispose() => _host.Dispose();

    private static MockHost Set(TestFile file)
    {
        try
        {
            // Time stands and chance is known unless the file says otherwise, so that a test gives the same each time.
            MockHostSettings settings = file.Mock is { } mock ? MockHostSettings.Parse(TomlJson.Write(file.Source, mock)) : new MockHostSettings();
            return MockHost.Create(settings with { Clock = settings.Clock ?? VirtualWorld.Start, Random = settings.Random ?? 0, Logging = settings.Logging ?? Wasi.Platform.GuestLogLevel.Trace });
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            throw new DiagnosticException(file.Source.Error(exception.Message, file.Mock!.Span, "docs/testing-components.md lists what can be set up."));
        }
    }

    private static string[] Lines(string text) => text.Length == 0 ? [] : (text.EndsWith('\n') ? text[..^1] : text).Split('\n');
}
