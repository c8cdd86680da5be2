using System.Diagnostics;
using Atoll.Wasm;

namespace Atoll.Reference.Comparison;

/// <summary>How an action ended on one side.</summary>
internal enum OutcomeKind
{
    /// <summary>It gave results.</summary>
    Results,

    /// <summary>It trapped.</summary>
    Trap,

    /// <summary>It threw an exception of WebAssembly, whose values are the results.</summary>
    Exception,

    /// <summary>The module's imports do not fit.</summary>
    Unlinkable,

    /// <summary>A limit of the host was reached, which says nothing about the semantics.</summary>
    Limit,

    /// <summary>Something was thrown that nothing may throw.</summary>
    Defect,
}

/// <summary>How an action ended on one side.</summary>
internal sealed record Outcome(OutcomeKind Kind, Slot[] Results, TrapKind? Trap, string Text)
{
    public static Outcome Of(Slot[] results) => new(OutcomeKind.Results, results, null, $"({string.Join(", ", results)})");

    /// <summary>What an exception of either side means.</summary>
    public static Outcome Of(Exception exception) => exception switch
    {
        ReferenceThrownException thrown => Thrown(thrown.Thrown.Values),
        GuestThrownException thrown => Thrown([.. thrown.Values.Select(Values.FromEngine)]),
        ReferenceTrapException trap => new(OutcomeKind.Trap, [], trap.Kind, $"trap {trap.Kind}"),
        TrapException trap => new(OutcomeKind.Trap, [], trap.Kind, $"trap {trap.Kind}"),
        ReferenceLinkException or UnlinkableException => new(OutcomeKind.Unlinkable, [], null, exception.Message),
        ReferenceLimitException or LimitExceededException => new(OutcomeKind.Limit, [], null, exception.Message),
        _ => new(OutcomeKind.Defect, [], null, Describe(exception)),
    };

    private static Outcome Thrown(Slot[] values) => new(OutcomeKind.Exception, values, null, $"exception ({string.Join(", ", values)})");

    /// <summary>Type, message and the innermost methods, without the places of the sources on the machine at hand.</summary>
    public static string Describe(Exception exception)
    {
        IEnumerable<string> methods = new StackTrace(exception, fNeedFileInfo: false).GetFrames()
            .Select(frame => $"   at {frame.GetMethod()?.DeclaringType?.Name}.{frame.GetMethod()?.Name}");
        return string.Join('\n', [$"{exception.GetType().Name}: {exception.Message}", .. methods.Take(8)]);
    }

    /// <summary>
    /// How the two sides differ, or null. Where one of them ran into a limit, the stack's included, nothing is said about the other, unless that
    /// one threw what it must not.
    /// </summary>
    public static string? Difference(Outcome reference, Outcome engine)
    {
        if (reference.Kind == OutcomeKind.Defect || engine.Kind == OutcomeKind.Defect)
        {
            return $"interpreted: {reference.Text}\ncompiled: {engine.Text}";
        }

        if (reference.IsLimit || engine.IsLimit)
        {
            return null;
        }

        bool same = reference.Kind == engine.Kind && reference.Trap == engine.Trap && reference.Results.Length == engine.Results.Length
            && reference.Results.Zip(engine.Results).All(pair => Values.Same(pair.First, pair.Second));
        return same ? null : $"interpreted: {reference.Text}, compiled: {engine.Text}";
    }

    /// <summary>Whether a limit ended it; what it did until then depends on the limit.</summary>
    public bool IsLimit => Kind == OutcomeKind.Limit || Trap == TrapKind.StackExhausted;
}
