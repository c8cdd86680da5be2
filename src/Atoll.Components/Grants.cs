using System.Collections.Immutable;

namespace Atoll.Components;

/// <summary>One decision about a permission.</summary>
/// <param name="Capability">What was asked for.</param>
/// <param name="Allowed">Whether it was allowed.</param>
public sealed record AccessDecision(Capability Capability, bool Allowed);

/// <summary>A thing that a grant opens for a guest; the rooms that host guests define kinds of it.</summary>
public interface IGrant
{
    /// <summary>The permissions that it gives, as capabilities.</summary>
    IEnumerable<Capability> Capabilities { get; }
}

/// <summary>
/// What a guest may reach. <see cref="None"/> is nothing at all: no files, no environment, no arguments, no clock, no random numbers, no standard
/// streams, no network. Extension methods of the hosts (<c>AllowX</c>) add to it.
/// </summary>
/// <remarks>Immutable and thread-safe.</remarks>
public sealed record Grants
{
    private Grants()
    {
    }

    /// <summary>Nothing.</summary>
    public static Grants None { get; } = new();

    /// <summary>Everything that was granted, in order.</summary>
    public ImmutableArray<IGrant> Items { get; private init; } = [];

    /// <summary>All permissions, as capabilities.</summary>
    public IReadOnlyList<Capability> Capabilities => [.. Items.SelectMany(i => i.Capabilities)];

    /// <summary>Called for each decision that a host makes: every denial, and what was opened. May be called by any thread that runs a guest.</summary>
    public Action<AccessDecision>? Decided { get; private init; }

    /// <summary>These grants and one more.</summary>
    /// <param name="grant">What to add.</param>
    public Grants With(IGrant grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        return this with { Items = Items.Add(grant) };
    }

    /// <summary>The same grants, with somebody who is told of each decision, after those who are told already.</summary>
    /// <param name="listener">Who is told.</param>
    public Grants OnDecision(Action<AccessDecision> listener) => this with { Decided = Decided + listener };
}
