namespace Atoll.Wasm.Execution;

internal sealed class MemoryWaiters;
