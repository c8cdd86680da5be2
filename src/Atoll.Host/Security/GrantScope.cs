namespace Atoll.Host.Security;

/// <summary>How long a grant holds that the operator gives while the server runs.</summary>
internal enum GrantScope
{
    /// <summary>For the tool's next call.</summary>
    Once,

    /// <summary>Until the server ends.</summary>
    Session,

    /// <summary>For this workspace, in every server of the same user, until it is revoked.</summary>
    Always,
}

/// <summary>What the operator opened for one tool while the server runs. Immutable.</summary>
/// <param name="Id">Names it when it is revoked.</param>
/// <param name="Tool">Dotted name.</param>
/// <param name="Target">What it opens.</param>
/// <param name="Scope">How long it holds.</param>
internal sealed record OperatorGrant(string Id, string Tool, GrantTarget Target, GrantScope Scope)
{
    /// <summary>SHA-256 of the program that it was given to; null when it was given to a tool from outside of the workspace (the shipped ones), and holds for such.</summary>
    public string? Program { get; init; }
}
