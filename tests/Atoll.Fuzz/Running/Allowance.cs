namespace Atoll.Fuzz.Running;

/// <summary>How much may be allocated for an input of a size: what a small input can make the host spend is bounded.</summary>
/// <param name="inputBytes">Size of the input.</param>
internal sealed class Allowance(int inputBytes)
{
    private const long Fixed = 8 << 20;
    private const long PerByte = 2_000;
    private readonly long _before = GC.GetAllocatedBytesForCurrentThread();

    /// <summary>What is wrong when this thread has allocated more since; otherwise null.</summary>
    public string? Problem(string activity)
    {
        long spent = GC.GetAllocatedBytesForCurrentThread() - _before;
        return spent > Fixed + (PerByte * inputBytes) ? $"{activity} of {inputBytes} bytes allocated {spent} bytes" : null;
    }
}
