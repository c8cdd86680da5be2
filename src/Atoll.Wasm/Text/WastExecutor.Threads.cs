namespace Atoll.Wasm.Text;

/// <content>Threads of a script: each is a thread of .NET with an executor, and so a store, of its own.</content>
internal sealed partial class WastExecutor
{
    /// <summary>Far more than a guest may use, whatever the system gives a thread that does not ask.</summary>
    private const int ThreadStackBytes = 4 << 20;

    private readonly Dictionary<string, ScriptThread> _threads = new(StringComparer.Ordinal);

    /// <summary>In a thread: the exported shared memories of the instances that it was given, by the instances' names.</summary>
    private readonly Dictionary<string, List<(string Export, SharedMemory Memory)>> _shared = new(StringComparer.Ordinal);

    private sealed class ScriptThread(WastExecutor executor, List<WastCommand> commands)
    {
        private readonly TaskCompletionSource<WastResult> _result = new();

        public Task<WastResult> Result => _result.Task;

        public void Start() => new Thread(Run, ThreadStackBytes) { IsBackground = true, Name = "Atoll script thread" }.Start();

        private void Run()
        {
            try
            {
                using (executor)
                {
                    _result.SetResult(executor.Run(commands));
                }
            }
            catch (Exception exception)
            {
                // Nothing may leave the thread, for that would end the process; who waits gets it.
                _result.TrySetException(exception);
            }
        }
    }

    private string? Begin(WastThreadCommand command)
    {
        if (_threads.ContainsKey(command.Name))
        {
            return $"the thread ${command.Name} is still running";
        }

        WastExecutor executor = new(_engine, _options, _cancellation);
        foreach (string name in command.Shared)
        {
            // Only shared memories can be used by two stores.
            executor._shared[name] = [.. Find(name).Exports
                .Where(export => export.Value is Memory { Shared: not null })
                .Select(export => (export.Key, ((Memory)export.Value).Shared!))];
        }

        ScriptThread thread = new(executor, command.Commands);
        _threads.Add(command.Name, thread);
        thread.Start();
        return null;
    }

    private string? Join(WastWaitCommand command)
    {
        if (!_threads.Remove(command.Thread, out ScriptThread? thread))
        {
            return $"there is no thread ${command.Thread}";
        }

        Collect(thread);
        return null;
    }

    private void Collect(ScriptThread thread)
    {
        WastResult result = thread.Result.GetAwaiter().GetResult();
        _passed += result.Passed;
        _failures.AddRange(result.Failures);
    }

    /// <summary>Threads that nobody waited for count too. They end by themselves, by the store's timeout or by cancellation.</summary>
    private void JoinAll()
    {
        foreach (ScriptThread thread in _threads.Values)
        {
            Collect(thread);
        }

        _threads.Clear();
    }
}
