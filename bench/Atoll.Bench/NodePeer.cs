using System.Diagnostics;
using System.Text.Json;

namespace Atoll.Bench;

/// <summary>A live Node process that does what it is told, one line of JSON at a time.</summary>
internal sealed class NodePeer : IDisposable
{
    private readonly Process _process;

    /// <param name="script">The program that it runs; it answers each line with one of its own, with a member "ok".</param>
    /// <param name="arguments">What it is started with.</param>
    public NodePeer(string script, params string[] arguments)
    {
        _process = Process.Start(new ProcessStartInfo("node", ["--no-warnings", script, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("node could not be started; install Node.js");
    }

    /// <summary>Processor time of this process so far, in milliseconds: all threads, so that what compiles in the background counts.</summary>
    public static double OurCpuMilliseconds => Environment.CpuUsage.TotalTime.TotalMilliseconds;

    /// <summary>The processors that Node's first thread may use, which runs the program.</summary>
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public nint ProcessorAffinity
    {
        set => _process.ProcessorAffinity = value;
    }

    /// <summary>Sends a command and waits for its answer.</summary>
    /// <exception cref="InvalidOperationException">The command failed, or Node ended.</exception>
    public JsonElement Ask(object command)
    {
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(command));
        _process.StandardInput.Flush();
        string line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("node ended unexpectedly");
        JsonElement answer = JsonDocument.Parse(line).RootElement;
        return answer.GetProperty("ok").GetBoolean() ? answer : throw new InvalidOperationException($"node: {line}");
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
