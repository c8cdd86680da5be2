using System.Runtime.CompilerServices;
using Atoll.Host.Configuration;

namespace Atoll.Mcp.Schema;

/// <summary>
/// One check of one value: the errors so far and the work that is left. Schemas come from outside, and one that branches into itself
/// would take time exponential in its depth.
/// </summary>
internal sealed class ValidationRun(int maxErrors, StrongBox<int> steps)
{
    // A document of 8 MiB has at most about four million values; each is looked at by a few subschemas.
    private const int MaxSteps = 8_000_000;

    public ValidationRun(int maxErrors)
        : this(maxErrors, new StrongBox<int>(MaxSteps))
    {
    }

    public List<string>? Errors { get; private set; }

    public bool IsFull => Errors is not null && Errors.Count >= maxErrors;

    /// <summary>Takes one step; false when none is left.</summary>
    public bool Step() => --steps.Value >= 0;

    /// <summary>A run for an alternative: errors of its own, the same work to spend.</summary>
    public ValidationRun Inner() => new(1, steps);

    public void Add(string at, string message)
    {
        Errors ??= [];
        if (!IsFull)
        {
            Errors.Add((at.Length == 0 ? "the input" : Printable.Shorten(at)) + " " + message);
        }
    }
}
