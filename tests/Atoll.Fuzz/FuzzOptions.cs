using System.Globalization;
using Atoll.Fuzz.Running;

namespace Atoll.Fuzz;

/// <summary>Options of the command.</summary>
internal sealed record FuzzOptions
{
    public const string Help = """
        usage: atoll fuzz [--minutes N] [--seed S] [--cases N] [--kind generated|module|text] [--no-reduce]
          Compares the engine with the reference interpreter on modules that nobody wrote.
          --minutes N   how long to go on; 10 unless --cases is given
          --seed S      where to begin, decimal or 0x...; by default the time
          --cases N     how many cases at most
          --kind K      only cases of one kind: generated modules, changed modules, changed texts
          --no-reduce   report failing cases as they are
        Cases that fail are written to tests/fuzzcases. If the process itself dies, current-case.txt beside the program says how to have that again.
        example: atoll fuzz --minutes 60 --seed 1
        """;

    public TimeSpan Time { get; init; } = TimeSpan.FromMinutes(10);

    public ulong Seed { get; init; } = (ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds() << 24;

    public ulong Cases { get; init; } = ulong.MaxValue;

    public FuzzKind? Kind { get; init; }

    public bool Reduce { get; init; } = true;

    /// <summary>Reads the command line; null when it cannot be understood.</summary>
    public static FuzzOptions? Parse(string[] arguments)
    {
        FuzzOptions options = new();
        bool isTimed = false;
        for (int i = 0; i < arguments.Length; i++)
        {
            string value = i + 1 < arguments.Length ? arguments[i + 1] : "";
            switch (arguments[i])
            {
                case "--no-reduce":
                    options = options with { Reduce = false };
                    continue;
                case "--minutes" when double.TryParse(value, CultureInfo.InvariantCulture, out double minutes) && minutes is > 0 and < 100_000:
                    options = options with { Time = TimeSpan.FromMinutes(minutes) };
                    isTimed = true;
                    break;
                case "--seed" when TryNumber(value, out ulong seed):
                    options = options with { Seed = seed };
                    break;
                case "--cases" when TryNumber(value, out ulong cases):
                    options = options with { Cases = cases };
                    break;
                case "--kind" when Enum.TryParse(value, ignoreCase: true, out FuzzKind kind):
                    options = options with { Kind = kind };
                    break;
                default:
                    return null;
            }

            i++;
        }

        return !isTimed && options.Cases != ulong.MaxValue ? options with { Time = TimeSpan.MaxValue } : options;
    }

    private static bool TryNumber(string text, out ulong number) => text.StartsWith("0x", StringComparison.Ordinal)
        ? ulong.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out number)
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
