using Atoll.Components.Text;
using Atoll.Wasm.Text;

namespace Atoll.Components;

/// <summary>Runs scripts (<c>.wast</c>) with components and modules.</summary>
/// <remarks>
/// Thread-safe: each run has an engine and a store of its own. What a script may use, it says itself at its start, in the words of the suites
/// (<c>;;! component_model_async = true</c>, <c>;; RUN: wast … -f cm-map</c>); one that says nothing may use everything. Scripts of the second kind are for a tool
/// that only validates: their components are loaded, not instantiated.
/// </remarks>
public static class ComponentScript
{
    /// <summary>Runs a script to its end; failures do not stop it.</summary>
    /// <param name="text">The script.</param>
    /// <param name="options">Options, or null for the defaults.</param>
    /// <param name="cancellationToken">Stops the script, inside of guest code too.</param>
    /// <exception cref="Atoll.Wasm.MalformedModuleException">The text is no script; the message has line and column. Nothing was run.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static WastResult Run(string text, WastOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return WastScript.Run(text, options ?? new WastOptions(), new ComponentScripts(ScriptFeatures.Of(text)), cancellationToken);
    }
}
