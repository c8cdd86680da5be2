using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Atoll.Components;
using Atoll.Mcp.Tools;
using Atoll.Wasi;

namespace Atoll.Mcp.Tests;

/// <summary>The file tools of <c>guests/tools</c> in this host. Their cases are a script beside them, which asks this test to run each call.</summary>
public sealed class GuestToolTests
{
    private sealed record Call(string Tool, string[] Folders, int Length);

    [Fact]
    public async Task The_tools_keep_their_contract()
    {
        var tools = Path.Combine(GuestTests.Repository, "guests", "tools");
        using var script = Process.Start(new ProcessStartInfo("node", [Path.Combine(tools, "test.mjs")])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var report = script.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            await Task.Run(() => Serve(tools, script.StandardOutput.BaseStream, script.StandardInput.BaseStream), TestContext.Current.CancellationToken);
            await script.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        finally
        {
            script.Kill(entireProcessTree: true);
        }

        var text = await report;
        Assert.True(script.ExitCode == 0, text);
        Assert.Matches(@"\b[1-9]\d{2,} passed, 0 failed", text);
    }

    private static void Serve(string tools, Stream requests, Stream answers)
    {
        using var modules = new WasmModules(cache: null);
        var programs = new Dictionary<string, WasmProgram>(StringComparer.Ordinal);
        while (ReadLine(requests) is { } line)
        {
            var call = JsonSerializer.Deserialize<Call>(line, JsonSerializerOptions.Web)!;
            var request = new byte[call.Length];
            requests.ReadExactly(request);
            if (!programs.TryGetValue(call.Tool, out var program))
            {
                programs.Add(call.Tool, program = modules.Load(Path.Combine(tools, "bin", call.Tool + ".wasm"), null, "the test"));
            }

            using var output = new MemoryStream();
            var code = program.Run(GrantsOf(call, request, output), 256 << 20, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            answers.Write(Encoding.ASCII.GetBytes($$"""{"code":{{code}},"length":{{output.Length}}}""" + "\n"));
            output.WriteTo(answers);
            answers.Flush();
        }
    }

    private static Grants GrantsOf(Call call, byte[] request, Stream output)
    {
        var grants = Grants.None.AllowStdin(new MemoryStream(request)).AllowStdout(output).AllowStderr(Stream.Null).AllowClock().AllowRandom().AllowArguments(call.Tool);
        return call.Folders.Aggregate(grants, (all, folder) => all.AllowDirectory(folder, folder, FileAccessGrant.ReadWrite));
    }

    private static string? ReadLine(Stream stream)
    {
        var line = new StringBuilder();
        for (int next; (next = stream.ReadByte()) != '\n'; line.Append((char)next))
        {
            if (next < 0)
            {
                return null;
            }
        }

        return line.ToString();
    }
}
