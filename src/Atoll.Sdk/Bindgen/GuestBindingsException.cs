namespace Atoll.Sdk;

/// <summary>A world has something that cannot be bound in the language. The message lists all of it.</summary>
public sealed class GuestBindingsException : Exception
{
    /// <summary>Says what cannot be bound.</summary>
    /// <param name="message">What, and what to do about it.</param>
    public GuestBindingsException(string message)
        : base(message)
    {
    }
}
