namespace Atoll.Bench;

/// <summary>
/// Both sides of a kernel, made anew, warmed up, and run in turns; one side is the first in even rounds and the other in odd ones. A pair of runs counts if nobody
/// shared the core before, between and after them (<see cref="Yardstick"/>).
/// </summary>
internal sealed class KernelRound
{
    /// <summary>Pairs that are wanted.</summary>
    private const int Wanted = 3;

    /// <summary>Pairs at most.</summary>
    private const int Most = 7;

    private readonly List<(double Ours, double Theirs, double Yardstick)> _pairs = [];

    /// <param name="ours">Runs it once; gives milliseconds of processor time.</param>
    /// <param name="theirs">The same for the other side.</param>
    public KernelRound(int round, Func<double> ours, Func<double> theirs)
    {
        for (int run = 0; run < KernelBench.WarmUps; run++)
        {
            ours();
            theirs();
        }

        Yardstick.Settle();
        double before = Yardstick.Measure();
        while (_pairs.Count < Most && !IsAlone)
        {
            bool isOursFirst = round % 2 == 0;
            double first = isOursFirst ? ours() : theirs();
            double between = Yardstick.Measure();
            double second = isOursFirst ? theirs() : ours();
            double after = Yardstick.Measure();
            _pairs.Add((isOursFirst ? first : second, isOursFirst ? second : first, Math.Max(before, Math.Max(between, after))));
            before = after;
        }
    }

    /// <summary>Whether enough pairs of runs had the core for themselves.</summary>
    public bool IsAlone => Alone.Count() >= Wanted;

    private IEnumerable<(double Ours, double Theirs, double Yardstick)> Alone => _pairs.Where(static p => Yardstick.IsAlone(p.Yardstick));

    /// <summary>The middle pairs of the rounds. Those that did not have the core for themselves count only if they are more than the others.</summary>
    public static Comparison Compare(IReadOnlyCollection<KernelRound> rounds)
    {
        Comparison comparison = new();
        bool isEnough = rounds.Count(static r => r.IsAlone) * 2 >= rounds.Count;
        foreach (KernelRound round in rounds.Where(r => r.IsAlone || !isEnough))
        {
            (double ours, double theirs, _) = round.Middle();
            comparison.Add(ours, theirs, isDisturbed: !round.IsAlone);
        }

        return comparison;
    }

    private (double Ours, double Theirs, double Yardstick) Middle()
    {
        var counted = (IsAlone ? Alone : _pairs).OrderBy(static p => p.Ours / p.Theirs).ToList();
        return counted[counted.Count / 2];
    }
}
