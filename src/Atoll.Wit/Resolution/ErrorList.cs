using Atoll.Wit.Syntax;

namespace Atoll.Wit.Resolution;

/// <summary>What was found wrong, so that one run reports all of it.</summary>
internal sealed class ErrorList
{
    /// <summary>After so many errors the rest is not looked for.</summary>
    private const int MaxErrors = 100;

    private readonly List<WitError> _errors = [];

    public void Add(WitSource source, string message, WitSpan span, string? hint = null)
    {
        _errors.Add(source.Error(message, span, hint));
        if (_errors.Count >= MaxErrors)
        {
            ThrowIfAny();
        }
    }

    public void ThrowIfAny()
    {
        if (_errors.Count > 0)
        {
            throw new WitException(_errors);
        }
    }
}
