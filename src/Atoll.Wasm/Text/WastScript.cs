using System.Collections.Immutable;

namespace Atoll.Wasm.Text;

/// <summary>How a script is run.</summary>
public sealed record WastOptions
{
    /// <summary>Name of the script in failure descriptions.</summary>
    /// <value>Default: <c>script.wast</c>.</value>
    public string FileName { get; init; } = "script.wast";

    /// <summary>Options of the engine that the script's modules are compiled with.</summary>
    /// <value>Default: null, for the engine's own defaults.</value>
    public WasmEngineOptions? Engine { get; init; }

    /// <summary>Limits of the store that holds all instances of the script.</summary>
    /// <value>Default: null, for none.</value>
    public StoreOptions? Store { get; init; }

    /// <summary>Takes what the script prints through the module <c>spectest</c>, one line a call.</summary>
    /// <value>Default: null, for dropping it.</value>
    public Action<string>? Print { get; init; }

    /// <summary>What runs components; null where scripts have none.</summary>
    internal IWastComponents? Components { get; init; }
}

/// <summary>A command of a script that did not do what the script says.</summary>
/// <param name="File">Name of the script.</param>
/// <param name="Line">1-based line.</param>
/// <param name="Message">What was expected and what happened.</param>
public sealed record WastFailure(string File, int Line, string Message)
{
    /// <summary><c>file:line: message</c></summary>
    public override string ToString() => $"{File}:{Line}: {Message}";
}

/// <summary>What became of a script.</summary>
/// <param name="Passed">Number of assertions that hold.</param>
/// <param name="Failures">Assertions that do not hold, and other commands that failed.</param>
public sealed record WastResult(int Passed, ImmutableArray<WastFailure> Failures)
{
    /// <summary>Number of failures.</summary>
    public int Failed => Failures.Length;
}

/// <summary>Runs scripts (<c>.wast</c>): modules, actions on them, and assertions (the reference interpreter's README, "Scripts").</summary>
/// <remarks>Thread-safe: each run has an engine and a store of its own. Nothing is skipped: an assertion of an unknown kind is a failure.</remarks>
public static class WastScript
{
    /// <summary>Runs a script to its end; failures do not stop it.</summary>
    /// <param name="text">The script.</param>
    /// <param name="options">Options, or null for the defaults.</param>
    /// <param name="cancellationToken">Stops the script, inside of guest code too.</param>
    /// <exception cref="MalformedModuleException">The text is no script; the message has line and column. Nothing was run.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static WastResult Run(string text, WastOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Run(WastParser.Parse(text), options ?? new WastOptions(), cancellationToken);
    }

    /// <summary>Runs a script that may have components.</summary>
    internal static WastResult Run(string text, WastOptions options, IWastComponents components, CancellationToken cancellationToken) =>
        Run(WastParser.Parse(TextSource.Read(text), components), options with { Components = components }, cancellationToken);

    internal static WastResult Run(IEnumerable<WastCommand> commands, WastOptions options, CancellationToken cancellationToken)
    {
        using WastExecutor executor = new(options, cancellationToken);
        return executor.Run(commands);
    }
}
