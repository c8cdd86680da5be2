using System.Text.Json;
using Atoll.Components;
using Atoll.Host.Context;
using Atoll.Host.Security;
using Microsoft.Extensions.Logging;

namespace Atoll.Mcp.Tools;

/// <summary>What runs when a tool is called: a WebAssembly program or native code, behind one contract.</summary>
internal interface IToolProgram
{
    /// <summary>Runs one call, on a thread that it may block. Whatever the tool does, an answer comes back; only cancellation throws.</summary>
    ProgramOutput Run(ProgramCall call);
}

/// <summary>One call of a program.</summary>
/// <param name="Manifest">The tool.</param>
/// <param name="Input">Standard input: one JSON object with <c>input</c> and <c>context</c>.</param>
/// <param name="Access">Folders that it may use.</param>
/// <param name="Frame">The context frame that holds.</param>
/// <param name="MaxOutputBytes">Most bytes of standard output.</param>
/// <param name="Logger">Where its standard error goes.</param>
/// <param name="CancellationToken">Stops the program.</param>
internal sealed record ProgramCall(
    ToolManifest Manifest,
    ReadOnlyMemory<byte> Input,
    EffectiveAccess Access,
    ContextFrame Frame,
    int MaxOutputBytes,
    ILogger Logger,
    CancellationToken CancellationToken)
{
    /// <summary>The client's session; null where it has none.</summary>
    public string? Session { get; init; }
}

/// <summary>How a program ended: with bytes on standard output, or stopped by the host.</summary>
internal readonly record struct ProgramOutput(ReadOnlyMemory<byte> Output, ToolError? Error)
{
    /// <summary>The first host that it was not let connect to; null for none.</summary>
    public Capability? DeniedNetwork { get; init; }

    public static implicit operator ProgramOutput(ToolError error) => new(default, error);
}

/// <summary>Why a call failed.</summary>
/// <param name="Code">A stable word: the codes of the tool contract, and the host's <c>denied</c>, <c>invalid_input</c>, <c>time_limit</c>,
/// <c>memory_limit</c>, <c>output_limit</c>, <c>crashed</c>, <c>bad_output</c>, <c>busy</c>, <c>unavailable</c>.</param>
/// <param name="Message">What, where, and what to do.</param>
internal sealed record ToolError(string Code, string Message)
{
    /// <summary>The value of an error that has more than a message; undefined otherwise.</summary>
    public JsonElement Value { get; init; }

    /// <summary>What was refused, when it was a capability; null otherwise.</summary>
    public Denial? Denial { get; init; }
}

/// <summary>The answer to a call.</summary>
/// <param name="Data">The data of a success; undefined otherwise.</param>
/// <param name="Error">The failure; null for a success.</param>
/// <param name="ContextUsed">The frame as it was applied.</param>
/// <param name="TraceId">The call's trace id.</param>
internal sealed record ToolResult(JsonElement Data, ToolError? Error, JsonElement ContextUsed, string TraceId);
