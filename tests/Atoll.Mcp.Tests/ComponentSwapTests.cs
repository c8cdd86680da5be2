using System.Text.Json;
using Atoll.Components.Text;
using Atoll.Wasm.Text;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Atoll.Mcp.Tests;

/// <summary>Components whose files change while they are served.</summary>
public sealed class ComponentSwapTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_changed_file_is_taken_and_clients_are_told_of_another_list(bool http)
    {
        await using var server = new TestServer(
            options => options with { Components = [Path.Combine(options.Workspace, "kit.wasm")] },
            prepare: workspace => File.WriteAllBytes(Path.Combine(workspace, "kit.wasm"), Make(1, "answer")));
        var client = http ? await server.ConnectHttpAsync(new McpClientOptions { ProtocolVersion = "2025-06-18" }) : await server.ConnectStdioAsync(new McpClientOptions { ProtocolVersion = "2025-06-18" });
        var told = 0;
        await using var registration = client.RegisterNotificationHandler(NotificationMethods.ToolListChangedNotification, (_, _) =>
        {
            Interlocked.Increment(ref told);
            return default;
        });
        Assert.True(client.ServerCapabilities.Tools?.ListChanged);
        Assert.Equal(1, await AnswerAsync(client));

        Put(server, Make(2, "answer"));
        await server.LogWithAsync("Took the changed components");
        Assert.Equal(2, await AnswerAsync(client));

        Put(server, "\0asm\r\0\u0001\0 nothing of a component"u8.ToArray());
        await server.LogWithAsync("what was there before is still offered");
        Assert.Equal(2, await AnswerAsync(client));
        Assert.Equal(0, Volatile.Read(ref told));

        Put(server, Make(3, "answer", "other"));
        while (Volatile.Read(ref told) == 0)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.Equal(3, await AnswerAsync(client));
        Assert.Contains((await client.ListToolsAsync(cancellationToken: TestContext.Current.CancellationToken)), tool => tool.Name == "kit_other");
        Assert.Equal(1, told);
    }

    private static async Task<int> AnswerAsync(McpClient client)
    {
        CallToolResult result = await client.CallToolAsync("kit_answer", cancellationToken: TestContext.Current.CancellationToken);
        return ((JsonElement)result.StructuredContent!).GetProperty("result").GetInt32();
    }

    private static void Put(TestServer server, byte[] bytes)
    {
        string path = Path.Combine(server.Workspace, "kit.wasm"), aside = path + ".tmp";
        File.WriteAllBytes(aside, bytes);
        File.Move(aside, path, overwrite: true);
    }

    private static byte[] Make(int answer, params string[] functions) => ComponentText.Assemble(TextSource.Read($"""
        (component
          (core module $m (func (export "f") (result i32) i32.const {answer}))
          (core instance $i (instantiate $m))
          {string.Concat(functions.Select(name => $"(func (export \"{name}\") (result u32) (canon lift (core func $i \"f\")))"))})
        """));
}
