namespace Atoll.Wasm;

/// <summary>Options of a <see cref="WasmEngine"/>. Immutable; checked when an engine is made of them.</summary>
public sealed record WasmEngineOptions
{
    private readonly WasmFeatures? _features;

    /// <summary>Whether compiled code counts instructions, so that <see cref="StoreOptions.Fuel"/> can stop a guest at an exact point.</summary>
    /// <value>Default: false. It costs some 10 % of run time.</value>
    public bool ConsumeFuel { get; init; }

    /// <summary>Whether loops look up if a deadline has passed or somebody cancelled.</summary>
    /// <value>Default: true. Without it neither time-outs nor cancellation stop a loop.</value>
    public bool Interruptible { get; init; } = true;

    /// <summary>Whether compiled code looks at entries and in loops if a sample is due, so that a <see cref="GuestProfiler"/> can tell where time goes.</summary>
    /// <value>Default: false. With it code runs slower and is never interpreted at first (<see cref="InterpretColdCode"/>).</value>
    public bool Profiling { get; init; }

    /// <summary>
    /// Stack that guest code may use, counted from the outermost call into it, in bytes: 16 KiB to 8 MiB. It gets less where the thread's own stack ends sooner.
    /// </summary>
    /// <value>Default: 512 KiB. Unwinding a deep stack costs microseconds a frame, hence the upper bound.</value>
    public int StackBudgetBytes { get; init; } = 512 * 1024;

    /// <summary>Largest size of one memory, in bytes; also the address space that a memory without a maximum reserves.</summary>
    /// <value>Default: 4 GiB, all that 32-bit addresses reach. A memory with 32-bit addresses never gets the last page of these.</value>
    public ulong MaxMemoryBytes { get; init; } = 1UL << 32;

    /// <summary>Largest number of elements of one table, at most 100,000,000.</summary>
    /// <value>Default: 10,000,000.</value>
    public uint MaxTableElements { get; init; } = 10_000_000;

    /// <summary>
    /// Bytes of structures and arrays that the guests of one store may hold. Counted to some kilobytes: the store learns what is no longer held
    /// when .NET's collector has run, which it asks for when the limit is reached.
    /// </summary>
    /// <value>Default: 256 MiB.</value>
    public long MaxHeapBytes { get; init; } = 256 << 20;

    /// <summary>What modules may use beyond WebAssembly 2.0.</summary>
    /// <value>Default: <see cref="WasmFeatures.Default"/>, without <see cref="WasmFeatures.Threads"/> if <see cref="Deterministic"/>.</value>
    public WasmFeatures Features
    {
        get => _features ?? (Deterministic ? WasmFeatures.Default & ~WasmFeatures.Threads : WasmFeatures.Default);
        init => _features = value;
    }

    /// <summary>
    /// Whether the same module with the same inputs computes the same bits on every machine (specification, "Deterministic Profile"): every NaN that an
    /// instruction makes is the canonical one, relaxed vector instructions have the results that the profile names, a memory or table fails to grow at its limits
    /// only, and no time-out can be set (use <see cref="ConsumeFuel"/>). What host functions return is an input.
    /// </summary>
    /// <value>
    /// Default: false. It costs code with floating-point numbers some of its time. How deep calls may nest still depends on the machine: the trap
    /// <see cref="TrapKind.StackExhausted"/> does not come at the same depth everywhere.
    /// </value>
    public bool Deterministic { get; init; }

    /// <summary>Limits of what a module may contain.</summary>
    public ModuleLimits Limits { get; init; } = new();

    /// <summary>Whether memories come from the portable allocator instead of the system's page functions.</summary>
    /// <value>Default: false.</value>
    public bool PortableMemory { get; init; }

    /// <summary>
    /// Whether the processor finds the accesses that lie outside of a memory, where that is known to work: on Linux and x64, in a process whose handler of
    /// SIGSEGV is .NET's and stays behind the one that is put in front of it, with 8 GiB of address space for each memory. Holds for memories with 32-bit addresses and pages of
    /// 64 KiB that are not shared. Elsewhere the option has no effect; <see cref="WasmEngine.Options"/> tells.
    /// </summary>
    /// <value>
    /// Default: false. Programs that compute with memory run faster with it. Whoever installs a handler of SIGSEGV later and does not call the one before it
    /// makes a guest's trap the end of the process.
    /// </value>
    public bool FaultChecks { get; init; }

    /// <summary>How long compiled code stays in the process.</summary>
    /// <value>Default: <see cref="CodeLifetime.Unloadable"/>.</value>
    public CodeLifetime CodeLifetime { get; init; }

    /// <summary>Where code is looked for before a module is compiled; null for nowhere. Nothing is ever stored there by loading a module.</summary>
    /// <value>Default: null.</value>
    public ICodeCache? CodeCache { get; init; }

    /// <summary>
    /// Code of a module, in bytes of its binary, up to which it is compiled as a whole when it is loaded. Functions of larger modules are interpreted at
    /// first, and compiled when that pays.
    /// </summary>
    /// <value>Default: 1 MiB. Calls within a module that is compiled as a whole are a little faster.</value>
    public int EagerCodeBytes { get; init; } = 1 << 20;

    /// <summary>
    /// Whether functions of a module over <see cref="EagerCodeBytes"/> are interpreted at first; otherwise they are compiled at the first call. Without
    /// effect with <see cref="ConsumeFuel"/>.
    /// </summary>
    /// <value>Default: true. The JIT compiler takes as long for a function as the interpreter takes to run it some hundred times.</value>
    public bool InterpretColdCode { get; init; } = true;

    /// <summary>
    /// Whether functions of any module are interpreted at first, not only those over <see cref="EagerCodeBytes"/>: for programs that run once and end, most of
    /// which is start-up that the JIT compiler never pays for. Without effect where <see cref="InterpretColdCode"/> has none, and on code from a cache.
    /// </summary>
    /// <value>Default: false. What runs for long gets slower by it: calls between functions that were compiled one by one are never inlined.</value>
    public bool StartInterpreted { get; init; }

    /// <summary>How often each operation of a function is interpreted, on average, before the function is compiled.</summary>
    internal int ColdRounds { get; init; } = 1000;

    /// <summary>Whether functions look at their stack. Without it a guest can overflow the host's stack: for measuring only.</summary>
    internal bool StackGuard { get; init; } = true;

    /// <summary>Whether every function is compiled as a giant one, with few locals, so that any test is one of that: for testing only.</summary>
    internal bool EachIsGiant { get; init; }

    internal void Check()
    {
        if (StackBudgetBytes is < 16 * 1024 or > 8 * 1024 * 1024)
        {
            throw new ArgumentException($"{nameof(StackBudgetBytes)} is {StackBudgetBytes}; it must be between 16384 and 8388608");
        }

        if (CodeLifetime is not (CodeLifetime.Unloadable or CodeLifetime.Pinned))
        {
            throw new ArgumentException($"{nameof(CodeLifetime)} is {(int)CodeLifetime}, which is no member of the enumeration");
        }

        if (MaxTableElements > 100_000_000)
        {
            throw new ArgumentException($"{nameof(MaxTableElements)} is {MaxTableElements}; it must be at most 100000000");
        }

        if (MaxHeapBytes < 0)
        {
            throw new ArgumentException($"{nameof(MaxHeapBytes)} is {MaxHeapBytes}; it must not be negative");
        }

        if ((Features & ~WasmFeatures.All) != 0)
        {
            throw new ArgumentException($"{nameof(Features)} has unknown bits: {Features}");
        }

        Require(WasmFeatures.RelaxedSimd, WasmFeatures.Simd);
        Require(WasmFeatures.GarbageCollection, WasmFeatures.FunctionReferences);
        Require(WasmFeatures.LegacyExceptions, WasmFeatures.Exceptions);
        ArgumentNullException.ThrowIfNull(Limits);
        Limits.Check();
    }

    private void Require(WasmFeatures feature, WasmFeatures needed)
    {
        if ((Features & feature) != 0 && (Features & needed) == 0)
        {
            throw new ArgumentException($"{nameof(Features)} has {feature} but not {needed}, which it builds on");
        }
    }
}
