namespace Atoll.Fuzz.Generation;

/// <summary>
/// Where all decisions come from: a seed, or a list that was recorded before. A generator that decides by nothing else makes the same from the
/// same list, and something smaller from a shorter list or one with more zeros; so a case is reduced without knowing what it is.
/// </summary>
internal sealed class Choices
{
    private readonly uint[]? _replay;
    private readonly List<uint> _recorded = [];
    private ulong _state;

    /// <summary>Fresh decisions.</summary>
    public Choices(ulong seed) => _state = seed;

    /// <summary>Decisions of before; when they are used up, each is the first of its alternatives.</summary>
    public Choices(uint[] recorded) => _replay = recorded;

    /// <summary>All decisions so far.</summary>
    public uint[] Recorded => [.. _recorded];

    /// <summary>A number below a bound. Zero is what a reduced case has.</summary>
    public int Pick(int bound) => bound <= 1 ? 0 : (int)(Next() % (uint)bound);

    /// <summary>True one time in so many.</summary>
    public bool OneIn(int times) => Pick(times) == times - 1;

    /// <summary>One of several.</summary>
    public T Pick<T>(IReadOnlyList<T> items) => items[Pick(items.Count)];

    /// <summary>32 bits.</summary>
    public uint Next()
    {
        uint value = _replay is null ? Random() : _recorded.Count < _replay.Length ? _replay[_recorded.Count] : 0;
        _recorded.Add(value);
        return value;
    }

    public ulong Next64() => ((ulong)Next() << 32) | Next();

    // SplitMix64. .NET's own generator may change from version to version, and a seed must not.
    private uint Random()
    {
        _state += 0x9E37_79B9_7F4A_7C15;
        ulong z = _state;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return (uint)((z ^ (z >> 31)) >> 16);
    }
}
