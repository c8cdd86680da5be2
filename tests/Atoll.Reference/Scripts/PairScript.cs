using Atoll.Reference.Comparison;
using Atoll.Wasm;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Text;

namespace Atoll.Reference.Scripts;

/// <summary>
/// Runs a script of a suite on both sides at once. Each assertion must hold for the interpreter, which so is proven by the suite, and each action
/// must give the same on the engine. A script's threads run at once, one after the other.
/// </summary>
internal sealed class PairScript : IDisposable
{
    private readonly Pair _pair;
    private readonly Dictionary<string, PairInstance> _instances = new(StringComparer.Ordinal);
    private readonly Dictionary<string, WasmModule> _definitions = new(StringComparer.Ordinal);
    private readonly HashSet<string> _registered = new(StringComparer.Ordinal);
    private readonly List<(int Line, string Problem)> _failures = [];
    private PairInstance? _current;
    private WasmModule? _lastDefinition;

    public PairScript(WasmEngineOptions? options = null)
    {
        // One script runs half a billion instructions.
        _pair = new Pair(new Interpreter { StepsLeft = 5_000_000_000, Deterministic = options?.Deterministic == true }, new WasmEngine(options));
        DefineHost();
    }

    /// <summary>Assertions that hold.</summary>
    public int Passed { get; private set; }

    /// <summary>Actions with equal outcomes on both sides.</summary>
    public int Compared => _pair.Compared;

    public IReadOnlyList<(int Line, string Problem)> Failures => _failures;

    public void Dispose() => _pair.Dispose();

    public void Run(IEnumerable<WastCommand> commands)
    {
        foreach (WastCommand command in commands)
        {
            string? problem;
            try
            {
                problem = Execute(command);
            }
            catch (Exception exception)
            {
                problem = exception.ToString();
            }

            if (problem is not null)
            {
                _failures.Add((command.Line, problem));
            }
            else if (command is WastAssertReturn or WastAssertFailure)
            {
                Passed++;
            }
        }
    }

    private string? Execute(WastCommand command)
    {
        switch (command)
        {
            case WastModuleCommand module:
                return Module(module);
            case WastInstanceCommand instance:
                return Bind(instance.Name, instance.Definition is { } name ? _definitions[name] : _lastDefinition!);
            case WastRegisterCommand register:
                _registered.Add(register.As);
                _pair.DefineInstance(register.As, Find(register.Name));
                return null;
            case WastActionCommand action:
                return Act(action.Action).Difference;
            case WastAssertReturn assert:
                return Return(assert);
            case WastAssertFailure assert:
                return Failure(assert);
            case WastThreadCommand thread:
                Run(thread.Commands);
                return null;
            case WastWaitCommand:
                return null;
            default:
                return $"{command.GetType().Name} is not known";
        }
    }

    private string? Module(WastModuleCommand command)
    {
        WasmModule module = _pair.Engine.LoadModule(command.Module.GetBinary());
        if (!command.IsDefinition)
        {
            return Bind(command.Name, module);
        }

        _lastDefinition = module;
        if (command.Name is { } name)
        {
            _definitions[name] = module;
        }

        return null;
    }

    private string? Bind(string? name, WasmModule module)
    {
        (Outcome outcome, PairInstance? instance, string? difference) = _pair.Instantiate(module);
        _current = instance;
        if (instance is not null && name is not null)
        {
            _instances[name] = instance;
            if (!_registered.Contains(name))
            {
                _pair.DefineInstance(name, instance);
            }
        }

        return difference ?? (instance is null ? $"no instance: {outcome.Text}" : null);
    }

    private PairInstance Find(string? name) => (name is null ? _current : _instances.GetValueOrDefault(name)) ?? throw new InvalidOperationException($"no instance {name}");

    private (Outcome Outcome, string? Difference) Act(WastAction action)
    {
        PairInstance instance = Find(action.Instance);
        if (action.IsInvoke)
        {
            return _pair.Invoke(instance, action.Name, Array.ConvertAll(action.Arguments, Patterns.ToSlot));
        }

        GlobalInstance global = (GlobalInstance)instance.Reference.Export(action.Name)!;
        return (Outcome.Of([global.Value]), Pair.CompareState(instance));
    }

    private string? Return(WastAssertReturn assert)
    {
        (Outcome outcome, string? difference) = Act(assert.Action);
        bool holds = outcome.Kind == OutcomeKind.Results && outcome.Results.Length == assert.Expected.Length
            && outcome.Results.Zip(assert.Expected).All(pair => Patterns.Matches(pair.First, pair.Second));
        return difference ?? (holds ? null : $"expected ({string.Join(", ", (object[])assert.Expected)}), interpreted {outcome.Text}");
    }

    private string? Failure(WastAssertFailure assert)
    {
        if (assert.Kind is WastFailureKind.Malformed or WastFailureKind.Invalid)
        {
            return Refusal(assert);
        }

        if (assert.Kind is WastFailureKind.MalformedCustom or WastFailureKind.InvalidCustom)
        {
            // Custom sections mean nothing to execution; the engine's own tests judge them.
            return null;
        }

        (Outcome outcome, string? difference) = assert.Action is { } action ? Act(action) : Instantiation(assert);
        bool holds = assert.Kind switch
        {
            WastFailureKind.Unlinkable => outcome.Kind == OutcomeKind.Unlinkable,
            WastFailureKind.Exception => outcome.Kind == OutcomeKind.Exception,
            WastFailureKind.Exhaustion => outcome.Trap == TrapKind.StackExhausted,
            // "null structure reference", "null function reference" and so on are one kind.
            _ when assert.Text.StartsWith("null ", StringComparison.Ordinal) => outcome.Trap == TrapKind.NullReference,
            _ => outcome.Trap is { } trap && HasWords(assert.Text, TrapException.TextOf(trap)),
        };
        return difference ?? (holds ? null : $"expected {assert.Kind} \"{assert.Text}\", interpreted {outcome.Text}");
    }

    private (Outcome Outcome, string? Difference) Instantiation(WastAssertFailure assert)
    {
        (Outcome outcome, _, string? difference) = _pair.Instantiate(_pair.Engine.LoadModule(assert.Module!.GetBinary()));
        return (outcome, difference);
    }

    /// <summary>The decoder and the validator are the engine's; that they refuse a module is only looked at, so that no such module comes further.</summary>
    private string? Refusal(WastAssertFailure assert)
    {
        try
        {
            _pair.Engine.Validate(assert.Module!.GetBinary());
            return "the module is valid";
        }
        catch (WasmException)
        {
            return null;
        }
    }

    private static bool HasWords(string expected, string actual) =>
        expected.StartsWith(actual, StringComparison.Ordinal) || actual.Contains(expected, StringComparison.Ordinal);

    private void DefineHost()
    {
        const string Module = "spectest";
        Wasm.ValueType i32 = Wasm.ValueType.I32, i64 = Wasm.ValueType.I64, f32 = Wasm.ValueType.F32, f64 = Wasm.ValueType.F64;
        Print("print");
        Print("print_i32", i32);
        Print("print_i64", i64);
        Print("print_f32", f32);
        Print("print_f64", f64);
        Print("print_i32_f32", i32, f32);
        Print("print_f64_f64", f64, f64);
        _pair.DefineFunction("wasmtime", "gc", new FunctionType([], []), _ => []);
        _pair.DefineGlobal(Module, "global_i32", new GlobalType(i32, false), Slot.I32(666));
        _pair.DefineGlobal(Module, "global_i64", new GlobalType(i64, false), Slot.I64(666));
        _pair.DefineGlobal(Module, "global_f32", new GlobalType(f32, false), Slot.F32(BitConverter.SingleToUInt32Bits(666.6f)));
        _pair.DefineGlobal(Module, "global_f64", new GlobalType(f64, false), Slot.F64(BitConverter.DoubleToUInt64Bits(666.6)));
        _pair.DefineTable(Module, "table", new TableType(Wasm.ValueType.FuncRef, 10, 20));
        _pair.DefineTable(Module, "table64", new TableType(Wasm.ValueType.FuncRef, 10, 20) { IndexType = i64 });
        _pair.DefineMemory(Module, "memory", new MemoryType(1, 2));
        _pair.DefineMemory(Module, "shared_memory", new MemoryType(1, 2) { IsShared = true });

        void Print(string name, params Wasm.ValueType[] parameters) => _pair.DefineFunction(Module, name, new FunctionType([.. parameters], []), _ => []);
    }
}
