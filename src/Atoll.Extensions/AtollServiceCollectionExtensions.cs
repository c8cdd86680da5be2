using Atoll.Components;
using Atoll.Extensions;
using Atoll.Wasm;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts components among an application's services.</summary>
public static class AtollServiceCollectionExtensions
{
    /// <summary>
    /// Adds one <see cref="WasmEngine"/>, one <see cref="ComponentLinker"/> and the <see cref="ComponentCatalog"/>. Guests may reach nothing until
    /// <see cref="AtollOptions.AddPlatform"/> or <see cref="AtollOptions.ConfigureLinker"/> defines something.
    /// </summary>
    /// <param name="services">The services. Calling this several times adds up.</param>
    /// <param name="configure">Names components and sets limits.</param>
    public static IServiceCollection AddAtoll(this IServiceCollection services, Action<AtollOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<AtollOptions>();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.TryAddSingleton(static provider => new WasmEngine(provider.GetRequiredService<IOptions<AtollOptions>>().Value.Engine));
        services.TryAddSingleton(static provider =>
        {
            ComponentLinker linker = new();
            foreach (Action<IServiceProvider, ComponentLinker> define in provider.GetRequiredService<IOptions<AtollOptions>>().Value.Definitions)
            {
                define(provider, linker);
            }

            return linker;
        });
        services.TryAddSingleton(static provider => new ComponentCatalog(
            provider.GetRequiredService<WasmEngine>(),
            provider.GetRequiredService<ComponentLinker>(),
            provider.GetRequiredService<IOptions<AtollOptions>>(),
            provider,
            provider.GetService<ILogger<ComponentCatalog>>() ?? NullLogger<ComponentCatalog>.Instance));
        return services;
    }
}
