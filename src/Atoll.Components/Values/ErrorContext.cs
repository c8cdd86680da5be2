namespace Atoll.Components;

/// <summary>An <c>error-context</c> in the hands of the host: what one component tells another about a failure, for people who debug it.</summary>
/// <param name="DebugMessage">The message. Nobody may rely on it: a long one that a guest made is cut.</param>
public sealed record ErrorContext(string DebugMessage);
