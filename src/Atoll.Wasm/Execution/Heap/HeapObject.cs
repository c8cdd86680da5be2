namespace Atoll.Wasm.Execution;

/// <summary>A structure or array of a guest. Its classes are few and belong to the engine; what it is, its token says.</summary>
internal abstract class HeapObject(HeapToken token)
{
    // Read by generated code.
    internal readonly HeapToken Token = token;

    /// <summary>What people see of a reference.</summary>
    public override string ToString() => $"({Token.Type})";
}

/// <summary>A small integer as a reference ("Scalar References"); equal ones are the same value whatever object holds them.</summary>
internal sealed class I31(int value)
{
    private const int Smallest = -128;
    private static readonly I31[] Cache = [.. Enumerable.Range(Smallest, 1024 - Smallest).Select(v => new I31(v))];

    /// <summary>31 bits, sign-extended.</summary>
    public int Value { get; } = value;

    public static I31 Of(int value)
    {
        int low = value << 1 >> 1;
        return (uint)(low - Smallest) < (uint)Cache.Length ? Cache[low - Smallest] : new I31(low);
    }

    public override bool Equals(object? obj) => obj is I31 other && other.Value == Value;

    public override int GetHashCode() => Value;

    public override string ToString() => $"i31:{Value}";
}
