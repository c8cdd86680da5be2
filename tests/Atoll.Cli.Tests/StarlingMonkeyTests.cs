using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;

namespace Atoll.Cli.Tests;

/// <summary>Handlers in JavaScript on StarlingMonkey, made as docs/cli.md says. npm brings the tool the first time; without npm the test is skipped.</summary>
public sealed partial class StarlingMonkeyTests
{
    private const string Tool = "@bytecodealliance/componentize-js@0.23.0";

    // The version of wasi:http that the tool brings.
    private const string Http = "0.2.10";

    private const string Handler = """
        addEventListener('fetch', event => event.respondWith((async () => {
          const { pathname } = new URL(event.request.url);
          return pathname === '/echo'
            ? new Response(await event.request.text(), { status: 201, headers: { 'x-from': 'starling' } })
            : new Response(`${event.request.method} ${pathname}`);
        })()));
        """;

    private const string Make = """
        import { readFileSync, writeFileSync } from 'node:fs';
        import { pathToFileURL } from 'node:url';
        const { componentize } = await import(pathToFileURL(process.argv[2] + '/node_modules/@bytecodealliance/componentize-js/src/componentize.js'));
        const { component } = await componentize({ sourcePath: 'handler.js', witPath: 'wit', worldName: 'handler' });
        writeFileSync('handler.wasm', component);
        """;

    [Fact]
    [Trait("Category", "Long")]
    public async Task A_listener_of_fetch_events_answers_requests()
    {
        string packages = await InstallAsync();
        using CliRunner cli = new();
        Assert.Equal(ExitCodes.Ok, (await cli.RunAsync("wit", "vendor", "wasi:http", "wit")).Code);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(cli.Folder, "wit"), "*.wit", SearchOption.AllDirectories))
        {
            File.WriteAllText(file, Since().Replace(File.ReadAllText(file), "since(version = 0.2.0)").Replace("@0.2.12", "@" + Http, StringComparison.Ordinal));
        }

        cli.Write("wit/world.wit", $"package test:starling; world handler {{ include wasi:http/proxy@{Http}; }}");
        cli.Write("handler.js", Handler);
        cli.Write("make.mjs", Make);
        CliResult made = await ProcessRunner.RunAsync(cli.Folder, "node", "make.mjs", packages);
        Assert.True(made.Code == 0, made.Out + made.Error);

        using Process server = ProcessRunner.Start(cli.Folder, "dotnet", ProcessRunner.Built, "serve-http", "--log", "--addr", "127.0.0.1:0", "handler.wasm");
        Task drain = server.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            Uri address = new(Address().Match((await server.StandardError.ReadLineAsync(TestContext.Current.CancellationToken))!).Value);
            using HttpClient client = new();
            Assert.Equal("GET /a", await client.GetStringAsync(new Uri(address, "/a"), TestContext.Current.CancellationToken));
            using StringContent body = new("grüße");
            using HttpResponseMessage echo = await client.PostAsync(new Uri(address, "/echo"), body, TestContext.Current.CancellationToken);
            Assert.Equal((HttpStatusCode.Created, "grüße"), (echo.StatusCode, await echo.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
            Assert.Equal(["starling"], echo.Headers.GetValues("x-from"));
            Assert.EndsWith(" ms", await server.StandardError.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
        finally
        {
            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync(TestContext.Current.CancellationToken);
            await drain;
        }
    }

    /// <summary>The folder with the tool; skips where it cannot be had, but for continuous integration.</summary>
    private static async Task<string> InstallAsync()
    {
        string folder = TestRepository.PathTo("artifacts", "npm", "starling");
        string done = Path.Combine(folder, "node_modules", ".package-lock.json");
        if (!File.Exists(done))
        {
            Directory.CreateDirectory(folder);
            CliResult installed;
            try
            {
                installed = await ProcessRunner.RunAsync(folder, "npm", "install", "--no-audit", "--no-fund", "--prefix", folder, Tool);
            }
            catch (Win32Exception)
            {
                installed = new CliResult(1, "", "npm is not there");
            }

            Assert.SkipUnless(installed.Code == 0 || Environment.GetEnvironmentVariable("CI") == "true", $"{Tool} cannot be installed: {installed.Error}");
            Assert.True(installed.Code == 0, installed.Error);
        }

        return folder;
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+/")]
    private static partial Regex Address();

    [GeneratedRegex(@"since\(version = [0-9.]+\)")]
    private static partial Regex Since();
}
