using Atoll.Components.Abi;
using Atoll.Components.Abi.Adapters;
using Atoll.Components.Instantiation;
using Atoll.Components.Types;
using Atoll.Wasm;

namespace Atoll.Components;

/// <summary>An exported function of a component instance.</summary>
/// <remarks>Used by one thread at a time, like its store.</remarks>
public sealed class ComponentFunction
{
    private readonly ComponentInstance _instance;
    private readonly RuntimeFunction _function;
    private DynamicCall? _dynamic;
    private Delegate? _delegate;

    internal ComponentFunction(string name, ComponentInstance instance, ComponentFunctionType type, RuntimeFunction function)
    {
        Name = name;
        Type = type;
        _instance = instance;
        _function = function;
    }

    /// <summary>The name that it was looked up by.</summary>
    public string Name { get; }

    /// <summary>Parameters and result.</summary>
    public ComponentFunctionType Type { get; }

    /// <summary>The store whose guest it calls.</summary>
    public Store Store => _instance.Store;

    /// <summary>Calls the function.</summary>
    /// <param name="arguments">The arguments, in order.</param>
    /// <returns>The result, or null where the function has none.</returns>
    /// <exception cref="ArgumentException">Number or types of the arguments are wrong.</exception>
    /// <exception cref="TrapException">The guest trapped; its instance is poisoned.</exception>
    /// <exception cref="LimitExceededException">A limit of the store stopped the guest.</exception>
    /// <exception cref="OperationCanceledException">The store's token was cancelled.</exception>
    /// <exception cref="HostFunctionException">A function of the host threw.</exception>
    public ComponentValue? Invoke(params ReadOnlySpan<ComponentValue> arguments)
    {
        if (arguments.Length != Type.Parameters.Length)
        {
            throw new ArgumentException($"`{Name}` takes {Type.Parameters.Length} arguments, not {arguments.Length}");
        }

        _dynamic ??= (DynamicCall)Bind(typeof(DynamicCall));
        ComponentValue result = _dynamic(arguments.ToArray());
        return Type.Result is null ? null : result;
    }

    /// <summary>Calls the function on a thread for guests, so that the calling thread is free while the guest computes or blocks.</summary>
    /// <param name="arguments">The arguments, in order. They must not change until the call ends.</param>
    /// <param name="cancellationToken">Ends the waiting for a thread; stops the guest when it runs, and with it its store.</param>
    /// <param name="threads">The threads; null for <see cref="GuestThreadPool.Shared"/>.</param>
    /// <returns>The result, or null where the function has none. Throws what <see cref="Invoke"/> does.</returns>
    /// <exception cref="LimitExceededException">All threads are busy and the queue is full (<see cref="LimitKind.Threads"/>).</exception>
    public Task<ComponentValue?> InvokeAsync(
        ReadOnlyMemory<ComponentValue> arguments, CancellationToken cancellationToken = default, GuestThreadPool? threads = null) =>
        (threads ?? GuestThreadPool.Shared).RunAsync(() => InvokeUntil(arguments, cancellationToken), cancellationToken);

    /// <summary>A delegate that calls the function without boxing: values pass between .NET types and the guest's memory directly.</summary>
    /// <typeparam name="TDelegate">
    /// A delegate type with the function's parameters and result: <c>bool</c>, <c>sbyte</c> … <c>ulong</c>, <c>float</c>, <c>double</c>,
    /// <see cref="System.Text.Rune"/>, <c>string</c>, arrays for lists and, with pairs, for maps, <see cref="ReadOnlySpan{T}"/> for parameters that are lists of
    /// numbers, <see cref="ReadOnlyMemory{T}"/> for such lists anywhere, value tuples, records with a property and a constructor's parameter for each field,
    /// enumerations for enums and flags, <c>T?</c> or <see cref="Optional{T}"/> for options, <see cref="Result{T, TError}"/>, an abstract class with nested classes
    /// for variants, <see cref="ComponentResource"/>, the class of the host's objects or a <see cref="GuestResource"/> for handles, <see cref="ErrorContext"/>, or <see cref="ComponentValue"/>
    /// for any type. <see cref="WitNameAttribute"/> helps where names differ. Types must be public. A parameter that is a string may be a <see cref="ReadOnlySpan{T}"/>
    /// of characters, or of bytes in UTF-8. A delegate that returns nothing may take one parameter more, an <see cref="System.Buffers.IBufferWriter{T}"/>, into which the
    /// result is written: a list of numbers, or a string as characters or as bytes in UTF-8. Then nothing is allocated.
    /// </typeparam>
    /// <exception cref="ArgumentException">The delegate type does not fit; the message says where.</exception>
    public TDelegate ToDelegate<TDelegate>()
        where TDelegate : Delegate
    {
        // The last one is kept: an instance that is lent again and again is asked for the same.
        if (_delegate is not TDelegate known)
        {
            _delegate = known = (TDelegate)Bind(typeof(TDelegate));
        }

        return known;
    }

    private ComponentValue? InvokeUntil(ReadOnlyMemory<ComponentValue> arguments, CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
        {
            return Invoke(arguments.Span);
        }

        CancellationToken before = Store.CancellationToken;
        using CancellationTokenSource? either = before.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(before, cancellationToken) : null;
        Store.CancellationToken = either?.Token ?? cancellationToken;
        try
        {
            return Invoke(arguments.Span);
        }
        finally
        {
            Store.CancellationToken = before;
        }
    }

    private Delegate Bind(Type delegateType)
    {
        AdapterModule adapters = _instance.Component.Adapters;
        if (_function is not LiftedFunction lifted)
        {
            // A function of the host that the component exports again.
            HostFunction host = (HostFunction)_function;
            Adapter again = FunctionAdapters.HostToHost(adapters, Type, delegateType, host.Body.GetType());
            GuestEnd noEnd = new(_instance.Environment.State, default, null, null, null, is64: false);
            return Make(again, new AdapterContext(again, _instance.Environment) { Host = host.Body, Name = host.Name, Caller = noEnd }, delegateType);
        }

        Adapter adapter = FunctionAdapters.HostExport(adapters, lifted.Entry, delegateType);
        return Make(adapter, new AdapterContext(adapter, lifted.Environment) { Callee = lifted.End, Core = lifted.Core, Name = Name }, delegateType);
    }

    private static Delegate Make(Adapter adapter, AdapterContext context, Type delegateType)
    {
        context.Make();
        return adapter.Make().CreateDelegate(delegateType, context);
    }
}
