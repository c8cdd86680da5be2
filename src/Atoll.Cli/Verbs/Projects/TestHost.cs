using System.Text;
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

    private readonly MockInstance _instance;

    private TestHost(MockHost host, MockInstance instance)
    {
        _host = host;
        _instance = instance;
    }

    public ComponentInstance Instance => _instance.Instance;

    public IReadOnlyList<string> Log => [.. Lines(_host.Written), .. _host.Logs.Select(entry => $"{entry.Level.ToString().ToLowerInvariant()}: {entry.Message}")];

    public IReadOnlyList<string> Calls => [.. _host.Calls.Select(call => call.Function)];

    public string? Verify() => _host.Verify();

    public TestAnswer Send(TestRequest request)
    {
        if (!Uri.TryCreate("http://localhost" + request.Path, UriKind.Absolute, out Uri? url))
        {
            throw new ArgumentException($"`{request.Path}` is no path", nameof(request));
        }

        MockHttpResponse response = _instance.Send(new MockHttpRequest(request.Method, url, [.. request.Headers], [.. Encoding.UTF8.GetBytes(request.Body)]));
        return new TestAnswer(response.Status, response.Headers, Encoding.UTF8.GetString(response.Body.Span));
    }

    /// <summary>Makes the host and an instance in it.</summary>
    /// <exception cref="DiagnosticException">The set-up is wrong.</exception>
    public static ITestInstance Make(Component component, TestFile file, CancellationToken cancellation)
    {
        // Time stands and chance is known unless the file says otherwise, so that a test gives the same each time.
        MockHost host = MockHost.Create()
            .WithClock(VirtualWorld.Start)
            .WithRandom()
            .WithLogging()
            .WithLimits(new StoreOptions { Timeout = TimeLimit, CancellationToken = cancellation });
        try
        {
            if (file.Mock is { } mock)
            {
                Set(host, file.Source, mock);
            }

            return new TestHost(host, host.Load(component));
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    public void Dispose() => _host.Dispose();

    private static void Set(MockHost host, SourceText source, TomlTable mock)
    {
        try
        {
            host.WithSettings(MockHostSettings.Parse(TomlJson.Write(source, mock)));
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            throw new DiagnosticException(source.Error(exception.Message, mock.Span, "docs/testing-components.md lists what [mock] can set up."));
        }
    }

    private static string[] Lines(string text) => text.Length == 0 ? [] : (text.EndsWith('\n') ? text[..^1] : text).Split('\n');
}
