namespace Atoll.Host.Configuration;

/// <summary>
/// A mistake in configuration, on the command line or in an environment variable. The message says what is wrong, where,
/// and what to do about it; it is meant to be shown to the person who wrote the configuration.
/// </summary>
public sealed class ConfigurationException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is wrong, where, and what to do.</param>
    public ConfigurationException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with its cause.</summary>
    /// <param name="message">What is wrong, where, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public ConfigurationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
