using Atoll.Components;
using Atoll.Wasi;
using Atoll.Wasi.Platform;
using Atoll.Wasm;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Atoll.Extensions.Tests;

/// <summary>Components as services.</summary>
public sealed class AddAtollTests
{
    [Fact]
    public void Components_are_loaded_by_name_once()
    {
        using ServiceProvider services = new ServiceCollection().AddAtoll(options => options.AddComponent("a", Guests.Answer(42))).BuildServiceProvider();
        ComponentCatalog catalog = services.GetRequiredService<ComponentCatalog>();
        Assert.Same(services.GetRequiredService<WasmEngine>(), catalog.Engine);
        Assert.Equal(["a"], catalog.Names);
        Assert.Same(catalog.Get("a"), catalog.Get("a"));
        Assert.Equal(42u, Answer(catalog));
        Assert.Equal("there is no component `b`; there are a", Assert.Throws<KeyNotFoundException>(() => catalog.Get("b")).Message);
    }

    [Fact]
    public void With_the_platform_guests_log_and_reach_what_was_granted()
    {
        List<string> lines = [];
        using ServiceProvider services = new ServiceCollection()
            .AddLogging(logging => logging.AddProvider(new Lines(lines)))
            .AddAtoll(options => options.AddComponent("p", Guests.Platform).AddPlatform((_, grants) => grants.AllowContext(new CallContext { TraceId = new string('a', 32) })))
            .BuildServiceProvider();
        ComponentCatalog catalog = services.GetRequiredService<ComponentCatalog>();
        using Store store = catalog.CreateStore();
        using IDisposable state = Assert.IsType<WasiContext>(store.State);
        ComponentInstance instance = catalog.Linker.Instantiate(store, catalog.Get("p"));
        instance.GetFunction("greet")!.Invoke();
        Assert.Equal(new string('a', 32), instance.GetFunction("whose")!.Invoke()!.Value.AsString());
        Assert.Contains("Atoll.Guest Warning guest: hello from the guest", lines);
    }

    [Fact]
    public void Several_calls_add_up_and_a_name_is_taken_once()
    {
        IServiceCollection collection = new ServiceCollection()
            .AddAtoll(options => options.AddComponent("a", Guests.Answer(1)))
            .AddAtoll(options => options.AddComponent("b", Guests.Answer(2)));
        using (ServiceProvider services = collection.BuildServiceProvider())
        {
            Assert.Equal(["a", "b"], services.GetRequiredService<ComponentCatalog>().Names);
        }

        collection.AddAtoll(options => options.AddComponent("a", Guests.Answer(3)));
        using ServiceProvider twice = collection.BuildServiceProvider();
        Assert.Throws<ArgumentException>(() => twice.GetRequiredService<ComponentCatalog>());
    }

    [Fact]
    public void A_file_is_read_again_and_a_broken_one_changes_nothing()
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("atoll-extensions-").FullName, "a.wasm");
        try
        {
            File.WriteAllBytes(file, Guests.Answer(1));
            using ServiceProvider services = new ServiceCollection().AddAtoll(options => options.AddComponent("a", file)).BuildServiceProvider();
            ComponentCatalog catalog = services.GetRequiredService<ComponentCatalog>();
            Assert.Equal(1u, Answer(catalog));

            File.WriteAllBytes(file, Guests.Answer(2));
            Assert.Equal(1u, Answer(catalog));
            catalog.Reload("a");
            Assert.Equal(2u, Answer(catalog));

            File.WriteAllText(file, "no component");
            Assert.Throws<MalformedComponentException>(() => catalog.Reload("a"));
            Assert.Equal(2u, Answer(catalog));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        }
    }

    [Fact]
    public void What_guests_import_is_what_was_defined()
    {
        using ServiceProvider nothing = new ServiceCollection().AddAtoll(options => options.AddComponent("n", Guests.Numbers)).BuildServiceProvider();
        ComponentCatalog bare = nothing.GetRequiredService<ComponentCatalog>();
        using (Store store = bare.CreateStore())
        {
            Assert.Throws<UnlinkableException>(() => bare.Linker.Instantiate(store, bare.Get("n")));
        }

        using ServiceProvider services = new ServiceCollection().AddSingleton(new Factor(3)).AddAtoll(options => options
            .AddComponent("n", Guests.Numbers)
            .ConfigureLinker((provider, linker) => linker.DefineFunction("host-double", (uint x) => x * provider.GetRequiredService<Factor>().Value))).BuildServiceProvider();
        ComponentCatalog catalog = services.GetRequiredService<ComponentCatalog>();
        using Store working = catalog.CreateStore();
        Assert.Equal(21u, catalog.Linker.Instantiate(working, catalog.Get("n")).GetFunction("double")!.ToDelegate<Func<uint, uint>>()(7));
    }

    [Fact]
    public void A_store_has_the_limits_of_the_options()
    {
        using ServiceProvider services = new ServiceCollection().AddAtoll(options =>
        {
            options.AddComponent("n", Guests.Numbers).ConfigureLinker((_, linker) => linker.DefineFunction("host-double", (uint x) => x));
            options.Engine = new WasmEngineOptions { ConsumeFuel = true };
            options.Store = new StoreOptions { Fuel = 10_000 };
        }).BuildServiceProvider();
        ComponentCatalog catalog = services.GetRequiredService<ComponentCatalog>();
        using Store store = catalog.CreateStore();
        Action spin = catalog.Linker.Instantiate(store, catalog.Get("n")).GetFunction("spin")!.ToDelegate<Action>();
        Assert.Throws<LimitExceededException>(spin);
    }

    private static uint Answer(ComponentCatalog catalog)
    {
        using Store store = catalog.CreateStore();
        return catalog.Linker.Instantiate(store, catalog.Get("a")).GetFunction("answer")!.ToDelegate<Func<uint>>()();
    }

    private sealed record Factor(uint Value);

    private sealed class Lines(List<string> lines) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => new Line(lines, categoryName);

        public void Dispose()
        {
        }

        private sealed class Line(List<string> lines, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                lines.Add($"{category} {logLevel} {formatter(state, exception)}");
        }
    }
}
