using Atoll.Components;

namespace Atoll.Wasi.Preview2.Config;

/// <summary><c>wasi:config/store.error</c></summary>
internal abstract class ConfigError
{
    /// <summary>What the values come from failed.</summary>
    public sealed class Upstream(string value) : ConfigError
    {
        public string Value { get; } = value;
    }

    /// <summary>Reading them failed.</summary>
    public sealed class Io(string value) : ConfigError
    {
        public string Value { get; } = value;
    }
}

/// <summary>The functions of the package <c>wasi:config</c>. Values are those of the grants, so nothing fails.</summary>
internal static class ConfigHost
{
    /// <summary>A version before a release serves imports of exactly this version.</summary>
    private const string Version = "0.2.0-rc.1";

    private static readonly Capability Everything = Capability.Of("config", "read", "**");

    public static void AddTo(ComponentLinker linker)
    {
        ComponentLinkerInstance store = linker.Instance($"wasi:config/store@{Version}");
        store.DefineFunction("get", (ComponentCaller caller, string key) => Result<string?, ConfigError>.Ok(Get(WasiHost.Context(caller), key)));
        store.DefineFunction("get-all", (ComponentCaller caller) => Result<(string, string)[], ConfigError>.Ok(GetAll(WasiHost.Context(caller))));
    }

    private static string? Get(WasiContext context, string key)
    {
        if (context.Config.TryGetValue(key, out string? value))
        {
            return value;
        }

        // A name that no grant can have is not worth a word.
        if (key.Length <= ConfigGrant.MaximumName && Capability.TryParse($"config:read:{key}", out Capability? missing, out _))
        {
            context.Deny(missing);
        }

        return null;
    }

    private static (string, string)[] GetAll(WasiContext context)
    {
        if (context.Config.Count == 0)
        {
            context.Deny(Everything);
        }

        return [.. context.Config.Select(pair => (pair.Key, pair.Value))];
    }
}
