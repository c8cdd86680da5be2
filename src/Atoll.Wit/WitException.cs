namespace Atoll.Wit;

/// <summary>A WIT text does not follow the language, or names something that is not there.</summary>
public sealed class WitException : Exception
{
    internal WitException(IReadOnlyList<WitError> errors)
        : base(string.Join("\n", errors.Select(error => error.ToString()))) => Errors = errors;

    internal WitException(WitError error)
        : this([error])
    {
    }

    /// <summary>All that was found, in the order of the text. Never empty. A file that cannot be parsed gives one error.</summary>
    public IReadOnlyList<WitError> Errors { get; }
}
