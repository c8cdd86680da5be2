using Atoll.Components;

namespace Atoll.Wasi.Preview2.Config;

/// <summary>Opens values of configuration for WASI guests (<c>wasi:config/store</c>).</summary>
public static class ConfigGrants
{
    /// <summary>Sets a value of the configuration that guests can read; replaces an earlier one of the name.</summary>
    /// <param name="grants">The grants so far.</param>
    /// <param name="name">Its name: 1 to 1024 characters, without '*' and control characters; upper and lower case differ.</param>
    /// <param name="value">Its value.</param>
    /// <exception cref="ArgumentException">The name is not of this form.</exception>
    public static Grants AllowConfig(this Grants grants, string name, string value)
    {
        ArgumentNullException.ThrowIfNull(grants);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        return name.Length is > 0 and <= ConfigGrant.MaximumName && !name.Contains('*') && !name.Any(char.IsControl)
            ? grants.With(new ConfigGrant(name, value))
            : throw new ArgumentException(
                $"a name of the configuration has 1 to {ConfigGrant.MaximumName} characters, without '*' and control characters", nameof(name));
    }
}

internal sealed record ConfigGrant(string Name, string Value) : IGrant
{
    public const int MaximumName = 1024;

    public IEnumerable<Capability> Capabilities => [Capability.Of("config", "read", Name)];
}
