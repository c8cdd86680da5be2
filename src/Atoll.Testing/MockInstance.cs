using Atoll.Components;
using Atoll.Components.Types;
using Atoll.Wasi;
using Atoll.Wasi.Preview2.Http;
using Atoll.Wasm;

namespace Atoll.Testing;

/// <summary>An instance of a component, made by a <see cref="MockHost"/>.</summary>
/// <remarks>Used by one thread at a time. Ends with its host, or when it is disposed of.</remarks>
public sealed class MockInstance : IDisposable
{
    private readonly WasiContext _context;

    internal MockInstance(ComponentInstance instance, WasiContext context)
    {
        Instance = instance;
        _context = context;
    }

    /// <summary>The instance, for code that was generated from WIT.</summary>
    public ComponentInstance Instance { get; }

    /// <summary>What <c>atoll:platform/context</c> tells from now on; null for nothing.</summary>
    public Wasi.Platform.CallContext? CallContext
    {
        get => _context.CallContext;
        set => _context.CallContext = value;
    }

    /// <summary>Calls a function with values as text (WAVE).</summary>
    /// <param name="function">Its name: <c>add</c>, <c>api#add</c>, <c>ns:pkg/api@1.0.0#add</c>.</param>
    /// <param name="arguments">The arguments in parentheses: <c>(1, "two", {x: 3})</c>.</param>
    /// <returns>The result as text; null where the function has none.</returns>
    /// <exception cref="ArgumentException">There is no such function, or several.</exception>
    /// <exception cref="WaveException">The arguments are not of the function's types.</exception>
    /// <exception cref="WasmException">The guest trapped or was stopped.</exception>
    public string? Call(string function, string arguments = "()")
    {
        ComponentFunction found = Find(function);
        return found.Invoke(Wave.ParseArguments(arguments, found.Type)) is { } result ? Wave.Write(result) : null;
    }

    /// <summary>Calls a function with values.</summary>
    /// <param name="function">Its name.</param>
    /// <param name="arguments">The arguments.</param>
    /// <returns>The result; null where the function has none.</returns>
    /// <exception cref="ArgumentException">There is no such function, or several, or the arguments do not fit.</exception>
    /// <exception cref="WasmException">The guest trapped or was stopped.</exception>
    public ComponentValue? Invoke(string function, params ReadOnlySpan<ComponentValue> arguments) => Find(function).Invoke(arguments);

    /// <summary>A function as a delegate; see <see cref="ComponentFunction.ToDelegate"/>.</summary>
    /// <typeparam name="TDelegate">A delegate type with the function's parameters and result.</typeparam>
    /// <param name="function">Its name.</param>
    /// <exception cref="ArgumentException">There is no such function, or several, or the type does not fit.</exception>
    public TDelegate Get<TDelegate>(string function)
        where TDelegate : Delegate => Find(function).ToDelegate<TDelegate>();

    /// <summary>Has the component answer a request; it exports <c>wasi:http/incoming-handler</c>.</summary>
    /// <param name="request">The request. Its body has at most what memory holds; headers that are the host's, such as <c>Host</c>, do not reach the guest.</param>
    /// <returns>The whole answer, with names of headers in either case. Its body has at most 64 MiB.</returns>
    /// <exception cref="ArgumentException">The component answers no requests, or method or headers are none.</exception>
    /// <exception cref="InvalidOperationException">The component did not answer, not wholly, or with an error code.</exception>
    /// <exception cref="WasmException">The guest trapped or was stopped.</exception>
    public MockHttpResponse Send(MockHttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        string handler = IncomingHandler.Find(Instance.Component) ?? throw new ArgumentException("the component exports no wasi:http/incoming-handler@0.2.x: it answers no requests", nameof(request));
        MockExchange exchange = new(request);
        try
        {
            IncomingHandler.Handle(Instance, handler, _context, exchange);
        }
        catch (GuestExitException) when (exchange.IsFinished)
        {
            // A guest may end itself after its answer.
        }

        return exchange.Response();
    }

    /// <summary>Ends the instance.</summary>
    public void Dispose()
    {
        Instance.Store.Dispose();
        _context.Dispose();
    }

    private ComponentFunction Find(string function)
    {
        ComponentType type = Instance.Component.Type;
        IReadOnlyList<string> found = type.FindFunctions(function);
        return found is [var name]
            ? Instance.GetFunction(name)!
            : throw new ArgumentException(
                $"`{function}` means {(found.Count == 0 ? "no function" : "several functions")}; there are {string.Join(", ", found.Count > 0 ? found : type.Functions.Select(known => known.Key))}",
                nameof(function));
    }
}
