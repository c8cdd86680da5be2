using System.Net;
using System.Net.Sockets;
using System.Text;
using Atoll.Components;
using Atoll.Host.Web;
using Atoll.Wasi;
using Atoll.Wasm;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoll.Bench;

/// <summary>
/// Requests that <c>atoll serve-http</c> answers with a component that says hello, each with an instance of its own, ÷ those that Kestrel alone answers with
/// the same bytes. The client is in the same process for both.
/// </summary>
internal static class HttpMeasure
{
    private const int Connections = 16;
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(500);
    private static readonly byte[] Request = Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    private static readonly byte[] Hello = Encoding.ASCII.GetBytes("Hello from a component");

    public static IEnumerable<Measurement> Run(int runs)
    {
        WasmEngine engine = new();
        byte[] guest = ComponentGuests.Assemble(File.ReadAllText(Path.Combine(Repository.Root, "guests", "http", "hello.wat")));
        HttpGuestOptions options = new() { Address = new IPEndPoint(IPAddress.Loopback, 0) };
        HttpGuestServer server = HttpGuestServer.Create(new ComponentLinker().AddWasi(), Component.Load(engine, guest), Grants.None, options, Console.Error);
        using CancellationTokenSource stop = new();
        TaskCompletionSource<Uri> started = new();
        Task serving = server.RunAsync(started.SetResult, stop.Token);
        using BareKestrel plain = Plain();
        int ours = started.Task.GetAwaiter().GetResult().Port;
        int theirs = plain.StartAsync(CancellationToken.None).GetAwaiter().GetResult().Port;
        Comparison comparison = new();
        Comparison processor = new();
        for (int i = 0; i < runs + KernelBench.WarmUps; i++)
        {
            (double guests, double guestTime) = ThousandsPerSecond(ours);
            (double alone, double aloneTime) = ThousandsPerSecond(theirs);
            if (i >= KernelBench.WarmUps)
            {
                comparison.Add(guests, alone);
                processor.Add(guestTime, aloneTime);
            }
        }

        yield return Measurement.Ratio("http_ratio", $"requests answered with hello, {Connections} connections", "k/s", comparison, "≥ 0.5");
        yield return Measurement.Ratio(null, "  processor time of a request, client and server", "µs", processor);
        stop.Cancel();
        serving.GetAwaiter().GetResult();
        server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        plain.StopAsync(CancellationToken.None).GetAwaiter().GetResult();
    }

    /// <summary>Kestrel as the server has it, with the answer at hand.</summary>
    private static BareKestrel Plain()
    {
        KestrelServerOptions kestrel = new() { AddServerHeader = false };
        kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http1);
        return new BareKestrel(
            kestrel,
            static http =>
            {
                http.Response.ContentType = "text/plain";
                http.Response.ContentLength = Hello.Length;
                return http.Response.Body.WriteAsync(Hello, 0, Hello.Length);
            },
            NullLoggerFactory.Instance);
    }

    /// <summary>How many answers some connections get, each asking again when it has one, and the microseconds of processor time of each.</summary>
    private static (double Answers, double Time) ThousandsPerSecond(int port)
    {
        TimeSpan used = Environment.CpuUsage.TotalTime;
        long began = Environment.TickCount64;
        int[] counts = Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => AskAsync(port, began + (long)Turn.TotalMilliseconds))).GetAwaiter().GetResult();
        int count = counts.Sum();
        return (count / (double)(Environment.TickCount64 - began), (Environment.CpuUsage.TotalTime - used).TotalMicroseconds / Math.Max(count, 1));
    }

    private static async Task<int> AskAsync(int port, long end)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port).ConfigureAwait(false);
        byte[] buffer = new byte[4096];
        int count = 0;
        for (; Environment.TickCount64 < end; count++)
        {
            await socket.SendAsync(Request).ConfigureAwait(false);
            int length = 0;
            while (!buffer.AsSpan(0, length).EndsWith(Hello))
            {
                int read = await socket.ReceiveAsync(buffer.AsMemory(length)).ConfigureAwait(false);
                length += read > 0 ? read : throw new IOException($"the server ended the connection after {Encoding.ASCII.GetString(buffer, 0, length)}");
            }

            if (!buffer.AsSpan(0, length).StartsWith("HTTP/1.1 200 "u8))
            {
                throw new IOException($"the server answered {Encoding.ASCII.GetString(buffer, 0, length)}");
            }
        }

        return count;
    }
}
