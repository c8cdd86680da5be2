using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Atoll.Host.Web;

/// <summary>
/// Kestrel with one function behind it. The builder of ASP.NET Core would add services, configuration and routing that nothing here uses, and that a start has to wait for.
/// </summary>
internal sealed class BareKestrel : IDisposable
{
    private readonly KestrelServer _server;
    private readonly Application _application;

    /// <summary>Makes a server that does not listen yet.</summary>
    /// <param name="options">Where it listens, and its limits.</param>
    /// <param name="handler">Answers a request.</param>
    /// <param name="loggers">Log.</param>
    public BareKestrel(KestrelServerOptions options, RequestDelegate handler, ILoggerFactory loggers)
    {
        _server = new KestrelServer(Options.Create(options), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), loggers), loggers);
        _application = new Application(handler);
    }

    /// <summary>Begins to listen.</summary>
    /// <returns>The first address.</returns>
    /// <exception cref="IOException">The address cannot be listened on.</exception>
    public async Task<Uri> StartAsync(CancellationToken cancellationToken)
    {
        await _server.StartAsync(_application, cancellationToken).ConfigureAwait(false);
        return new Uri(_server.Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    /// <summary>Stops listening and waits for requests that run until the token is cancelled; then their connections are closed.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _server.StopAsync(cancellationToken);

    public void Dispose() => _server.Dispose();

    private sealed class Application(RequestDelegate handler) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => handler(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
            // Nothing outlives the request: it has no services of its own.
        }
    }
}
