using Atoll.Wasm.Execution;

namespace Atoll.Wasm;

/// <summary>The body of a host function that takes its arguments untyped.</summary>
/// <param name="caller">Who calls; valid during the call.</param>
/// <param name="arguments">The arguments, of the types of the function's type.</param>
/// <param name="results">To be filled with the results; default values at first.</param>
public delegate void HostCallback(Caller caller, ReadOnlySpan<Value> arguments, Span<Value> results);

/// <summary>A function of a guest or of the host.</summary>
/// <remarks>
/// Used by one thread at a time, like its store. Keeps its instance and code alive. Calls stop at the store's deadline or cancellation and throw
/// <see cref="TrapException"/>, <see cref="GuestThrownException"/>, <see cref="LimitExceededException"/>, <see cref="OperationCanceledException"/>,
/// <see cref="HostFunctionException"/> or <see cref="GuestExitException"/>.
/// </remarks>
public sealed class Function : Extern
{
    // Read by generated code: what to call (at first perhaps an entry that compiles the function), what to pass as its last argument, and the
    // one object for the type.
    internal nint Code;
    internal readonly object Context;
    internal readonly DefinedType Defined;

    /// <summary>Its number in its instance, imports first; 0 for a function of the host.</summary>
    internal readonly int Index;
    private readonly string? _name;
    private UntypedStub? _stub;
    private Delegate? _delegate;

    /// <summary>A function of the host.</summary>
    internal Function(Store store, nint code, object context, DefinedType defined, string? name)
        : base(store)
    {
        Code = code;
        Context = context;
        Defined = defined;
        _name = name;
    }

    /// <summary>A function of an instance; <paramref name="index"/> counts imports.</summary>
    internal Function(Store store, nint code, InstanceContext context, DefinedType defined, int index)
        : this(store, code, context, defined, name: null) => Index = index;

    /// <inheritdoc/>
    public override ExternKind Kind => ExternKind.Function;

    /// <summary>Parameters and results.</summary>
    public FunctionType Type => Defined.Function!;

    /// <summary>Its name, from the name section or the host's definition; or null.</summary>
    public string? Name => Context is InstanceContext context ? context.Instance.Module.Code.Names.FunctionName(Index) : _name;

    /// <summary>Makes a function of the host.</summary>
    /// <param name="store">The store that owns it.</param>
    /// <param name="type">Its type.</param>
    /// <param name="callback">Its body.</param>
    public static Function Create(Store store, FunctionType type, HostCallback callback)
    {
        ArgumentNullException.ThrowIfNull(store);
        HostDefinition definition = HostDefinition.FromCallback(store.Engine, "host", type, callback);
        return definition.Bind(store, instance: null);
    }

    /// <summary>Calls the function.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <returns>The results.</returns>
    /// <exception cref="ArgumentException">Number or types of the arguments are wrong.</exception>
    public Value[] Invoke(params ReadOnlySpan<Value> arguments)
    {
        Value[] results = Type.Results.IsEmpty ? [] : new Value[Type.Results.Length];
        Invoke(arguments, results);
        return results;
    }

    /// <summary>Calls the function without allocating.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="results">Room for the results.</param>
    /// <exception cref="ArgumentException">Number or types of the arguments are wrong, or there is too little room.</exception>
    public void Invoke(ReadOnlySpan<Value> arguments, Span<Value> results)
    {
        FunctionType type = Type;
        if (arguments.Length != type.Parameters.Length)
        {
            throw new ArgumentException($"the function takes {type.Parameters.Length} arguments, not {arguments.Length}");
        }

        if (results.Length < type.Results.Length)
        {
            throw new ArgumentException($"the function gives {type.Results.Length} results; there is room for {results.Length}");
        }

        for (int i = 0; i < arguments.Length; i++)
        {
            Store.CheckValue(arguments[i], type.Parameters[i]);
        }

        UntypedStub stub = _stub ??= Store.Engine.Thunks.GetUntypedStub(type);
        Exception? failure = null;
        ThreadBias? state = Store.Enter();
        try
        {
            stub(Code, Context, arguments, results);
        }
        catch (Exception exception) when ((failure = GuestErrors.Translate(exception, Store)) is not null)
        {
            // Thrown below: within the handler the guest's frames would still take up stack.
        }
        finally
        {
            Store.Exit(state);
        }

        if (failure is not null)
        {
            throw failure;
        }
    }

    /// <summary>A delegate that calls the function without boxing or allocation.</summary>
    /// <typeparam name="TDelegate">
    /// A delegate type of the same shape: <c>int</c>/<c>uint</c> for i32, <c>long</c>/<c>ulong</c> for i64, <c>float</c>, <c>double</c>,
    /// <see cref="Function"/> for funcref, <c>object</c> for externref; results after the first as <c>out</c> parameters.
    /// </typeparam>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public TDelegate ToDelegate<TDelegate>()
        where TDelegate : Delegate
    {
        // The last one is kept: an instance that is lent again and again is asked for the same.
        Delegate? known = _delegate;
        if (known is null || known.GetType() != typeof(TDelegate))
        {
            _delegate = known = TypedStubs.Create(this, typeof(TDelegate));
        }

        return (TDelegate)known;
    }
}
