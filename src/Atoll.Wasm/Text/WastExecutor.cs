using System.Collections.Immutable;
using Atoll.Wasm.Validation;

namespace Atoll.Wasm.Text;

/// <summary>Runs the commands of one script, in one store; those of a script's thread in another.</summary>
internal sealed partial class WastExecutor : IDisposable
{
    private readonly WastOptions _options;
    private readonly CancellationToken _cancellation;
    private readonly WasmEngine _engine;
    private readonly Store _store;
    private readonly Linker _linker;
    private readonly Dictionary<string, Instance> _instances = new(StringComparer.Ordinal);
    private readonly Dictionary<string, WasmModule> _definitions = new(StringComparer.Ordinal);
    private readonly HashSet<string> _registered = new(StringComparer.Ordinal);
    private readonly IWastComponentRun? _components;
    private Instance? _current;
    private WasmModule? _lastDefinition;

    private readonly ImmutableArray<WastFailure>.Builder _failures = ImmutableArray.CreateBuilder<WastFailure>();
    private int _passed;

    public WastExecutor(WastOptions options, CancellationToken cancellationToken)
        : this(new WasmEngine(options.Engine), options, cancellationToken)
    {
    }

    private WastExecutor(WasmEngine engine, WastOptions options, CancellationToken cancellationToken)
    {
        _options = options;
        _cancellation = cancellationToken;
        _engine = engine;
        StoreOptions store = options.Store ?? new StoreOptions();
        _store = new Store(_engine, cancellationToken.CanBeCanceled ? store with { CancellationToken = cancellationToken } : store);
        _linker = new Linker(_engine);
        WastHost.Define(_linker, _store, options.Print);
        _components = options.Components?.Begin(_store);
    }

    public void Dispose() => _store.Dispose();

    /// <summary>Runs commands to the end, and waits for the threads that they began.</summary>
    public WastResult Run(IEnumerable<WastCommand> commands)
    {
        try
        {
            foreach (WastCommand command in commands)
            {
                _cancellation.ThrowIfCancellationRequested();
                if (Execute(command) is { } problem)
                {
                    _failures.Add(new WastFailure(_options.FileName, command.Line, problem));
                }
                else if (command is WastAssertReturn or WastAssertFailure)
                {
                    _passed++;
                }
            }
        }
        finally
        {
            JoinAll();
        }

        return new WastResult(_passed, _failures.DrainToImmutable());
    }

    /// <summary>Runs a command. Null: it did what it says; otherwise what went wrong.</summary>
    private string? Execute(WastCommand command)
    {
        try
        {
            return command switch
            {
                WastModuleCommand module => Module(module),
                WastInstanceCommand instance => InstanceOf(instance),
                WastRegisterCommand register => Register(register),
                WastActionCommand action => Run(action.Action),
                WastAssertReturn assert => Return(assert),
                WastAssertFailure assert => Failure(assert),
                WastThreadCommand thread => Begin(thread),
                WastWaitCommand wait => Join(wait),
                WastUnknownCommand unknown => $"this version does not know {unknown.Word}",
                _ => $"no execution for {command.GetType().Name}",
            };
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Whatever a command throws, a defect of the engine included, is that command's failure; the script goes on.
            return $"{exception.GetType().Name}: {exception.Message}";
        }
    }

    private string? Run(WastAction action)
    {
        ActOnAny(action);
        return null;
    }

    /// <summary>The results: values of the engine, or the one that a component's function gives.</summary>
    private object? ActOnAny(WastAction action) =>
        _components is not null && _components.HasInstance(action.Instance) ? _components.Invoke(action.Instance, action.Name, action.Arguments) : Act(action);

    private string? Module(WastModuleCommand command)
    {
        if (command.Module.IsComponent)
        {
            return Component(command, _components!);
        }

        _components?.Leave();
        if (!command.IsDefinition)
        {
            _current = null;
        }

        WasmModule module = _engine.LoadModule(command.Module.GetBinary());
        if (command.IsDefinition)
        {
            _lastDefinition = module;
            if (command.Name is { } name)
            {
                _definitions[name] = module;
            }

            return null;
        }

        return Bind(command.Name, module);
    }

    private string? Component(WastModuleCommand command, IWastComponentRun components)
    {
        _current = null;
        byte[] binary = command.Module.GetBinary();
        if (command.IsDefinition)
        {
            components.Define(command.Name, binary);
        }
        else
        {
            components.Leave();
            components.Instantiate(command.Name, binary);
        }

        return null;
    }

    private string? InstanceOf(WastInstanceCommand command)
    {
        _current = null;
        if (_components is not null && _components.IsDefined(command.Definition))
        {
            _components.InstantiateDefinition(command.Name, command.Definition);
            return null;
        }

        WasmModule? module = command.Definition is { } name ? _definitions.GetValueOrDefault(name) : _lastDefinition;
        return module is null ? $"no module definition ${command.Definition}" : Bind(command.Name, module);
    }

    private string? Bind(string? name, WasmModule module)
    {
        _current = _linker.Instantiate(_store, module);
        if (name is not null)
        {
            _instances[name] = _current;
            if (!_registered.Contains(name))
            {
                // Wasmtime's scripts import from modules by the names that they have in the script.
                _linker.DefineInstance(name, _current);
            }
        }

        return null;
    }

    private string? Register(WastRegisterCommand command)
    {
        _registered.Add(command.As);
        if (command.Name is not null && _shared.TryGetValue(command.Name, out List<(string Export, SharedMemory Memory)>? memories))
        {
            foreach ((string export, SharedMemory memory) in memories)
            {
                _linker.Define(command.As, export, memory);
            }

            return null;
        }

        if (_components is not null && _components.HasInstance(command.Name))
        {
            _components.Register(command.As, command.Name);
            return null;
        }

        _linker.DefineInstance(command.As, Find(command.Name));
        return null;
    }

    private Instance Find(string? name) =>
        (name is null ? _current : _instances.GetValueOrDefault(name))
        ?? throw new InvalidOperationException(name is null ? "there is no instance to use" : $"there is no instance ${name}");

    private Value[] Act(WastAction action)
    {
        Instance instance = Find(action.Instance);
        if (!action.IsInvoke)
        {
            Global global = instance.GetGlobal(action.Name) ?? throw new InvalidOperationException($"no exported global \"{action.Name}\"");
            return [global.Value];
        }

        Function function = instance.GetFunction(action.Name) ?? throw new InvalidOperationException($"no exported function \"{action.Name}\"");
        return function.Invoke(Array.ConvertAll(action.Arguments, WastHost.ToValue));
    }

    private string? Return(WastAssertReturn command)
    {
        if (_components is not null && _components.HasInstance(command.Action.Instance))
        {
            return _components.Compare(_components.Invoke(command.Action.Instance, command.Action.Name, command.Action.Arguments), command.Expected);
        }

        Value[] results = Act(command.Action);
        bool same = results.Length == command.Expected.Length;
        for (int i = 0; same && i < results.Length; i++)
        {
            same = WastHost.Matches(results[i], command.Expected[i]);
        }

        return same ? null : $"expected ({string.Join(", ", (object[])command.Expected)}), got ({string.Join(", ", results)})";
    }

    private string? Failure(WastAssertFailure command)
    {
        string wanted = $"expected {command.Kind.ToString().ToLowerInvariant()} \"{command.Text}\"";
        try
        {
            if (command.Action is { } action)
            {
                object? results = ActOnAny(action);
                return $"{wanted}, got {(results is Value[] values ? $"the results ({string.Join(", ", values)})" : results is null ? "no result" : "a result")}";
            }

            byte[] binary = command.Module!.GetBinary();
            if (command.Module.IsComponent)
            {
                LoadOrInstantiate(command.Kind, binary, _components!);
                return $"{wanted}, but nothing is wrong with the component";
            }

            if (command.Kind is WastFailureKind.Malformed or WastFailureKind.Invalid)
            {
                _engine.Validate(binary);
                return $"{wanted}, but the module is valid";
            }

            if (command.Kind is WastFailureKind.MalformedCustom or WastFailureKind.InvalidCustom)
            {
                CustomSectionValidator.Check(_engine.LoadModule(binary).Definition);
                return $"{wanted}, but nothing is wrong with the custom sections";
            }

            _linker.Instantiate(_store, _engine.LoadModule(binary));
            return $"{wanted}, but the module was instantiated";
        }
        catch (WasmException error)
        {
            bool isExpected = command.Module is { IsComponent: true } ? IsExpectedOfComponent(command.Kind, error)
                : command.Action is { } acted && error is TrapException trap && _components is not null && _components.HasInstance(acted.Instance)
                    ? command.Kind == WastFailureKind.Trap && _components.IsExpected(trap, command.Text)
                    : IsExpected(command, error);
            return isExpected ? null : $"{wanted}, got {error.GetType().Name}: {error.Message}";
        }
    }

    private static void LoadOrInstantiate(WastFailureKind kind, byte[] binary, IWastComponentRun components)
    {
        if (kind is WastFailureKind.Malformed or WastFailureKind.Invalid)
        {
            components.Load(binary);
        }
        else
        {
            components.Instantiate(null, binary);
        }
    }

    /// <summary>The suites write what one tool says of a component; the kind of the error is what they agree on.</summary>
    private static bool IsExpectedOfComponent(WastFailureKind kind, WasmException error) => kind switch
    {
        WastFailureKind.Malformed => error is MalformedModuleException || error.Code == "component.malformed",
        WastFailureKind.Invalid => error is InvalidModuleException || error.Code == "component.invalid",
        WastFailureKind.Unlinkable => error is UnlinkableException,
        WastFailureKind.Trap => error is TrapException,
        _ => false,
    };

    /// <summary>Wasmtime's scripts have words of their own ("memory types incompatible") for what the official suite calls an incompatible import type.</summary>
    private static string UnlinkableText(string text) =>
        text.EndsWith(" types incompatible", StringComparison.Ordinal) ? "incompatible import type" : text;

    private static bool IsExpected(WastAssertFailure command, WasmException error) => command.Kind switch
    {
        // Scripts sometimes add details ("uninitialized element 2") or leave a part out ("out of bounds", "divide by zero"): the kind is what counts.
        WastFailureKind.Trap => error is TrapException trap
            && (command.Text.StartsWith(TrapException.TextOf(trap.Kind), StringComparison.Ordinal) || trap.Message.Contains(command.Text, StringComparison.Ordinal)),
        WastFailureKind.Exhaustion => error is TrapException { Kind: TrapKind.StackExhausted }
            && error.Message.StartsWith(command.Text, StringComparison.Ordinal),
        WastFailureKind.Exception => error is GuestThrownException,
        // "constant out of range" is here preceded by the type.
        WastFailureKind.Malformed or WastFailureKind.MalformedCustom => error is MalformedModuleException && error.Message.Contains(command.Text, StringComparison.Ordinal),
        WastFailureKind.Invalid or WastFailureKind.InvalidCustom => error is InvalidModuleException && error.Message.StartsWith(command.Text, StringComparison.Ordinal),
        WastFailureKind.Unlinkable => error is UnlinkableException unlinkable
            && unlinkable.Missing.Any(line => line.StartsWith(UnlinkableText(command.Text), StringComparison.Ordinal)),
        _ => false,
    };
}
