namespace Atoll.Wasm.Tests.Execution;

/// <summary>Tests that measure the process as a whole: nothing runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public class AloneCollection
{
    public const string Name = "alone";
}
