using System.Diagnostics;
using System.Globalization;
using Atoll.Fuzz.Mutation;
using Atoll.Fuzz.Running;

namespace Atoll.Fuzz;

/// <summary>The long form of the fuzzer: <c>atoll fuzz</c>.</summary>
internal static class Program
{
    private const int Reductions = 3000;

    private static int Main(string[] arguments)
    {
        if (arguments.Any(argument => argument is "--help" or "-h"))
        {
            Console.WriteLine(FuzzOptions.Help);
            return 0;
        }

        if (FuzzOptions.Parse(arguments) is not { } options)
        {
            Console.Error.WriteLine(FuzzOptions.Help);
            return 2;
        }

        Corpus corpus = Corpus.Read(Corpus.FindRoot());
        Console.WriteLine($"fuzz: seed=0x{options.Seed:x} corpus_modules={corpus.Valid.Count + corpus.Invalid.Count} corpus_texts={corpus.Texts.Count}");
        return new FuzzRun(options, corpus).Run();
    }

    /// <summary>Runs case after case, and counts.</summary>
    private sealed class FuzzRun(FuzzOptions options, Corpus corpus)
    {
        private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);
        private readonly Stopwatch _time = Stopwatch.StartNew();
        private readonly long[] _cases = new long[3];
        private long _executions;
        private long _valid;
        private int _failures;
        private ulong _seed;

        public int Run()
        {
            using Watch watch = new(Hang);
            TimeSpan report = Pause;
            for (ulong i = 0; i < options.Cases && _time.Elapsed < options.Time; i++)
            {
                _seed = options.Seed + i;
                watch.Restart();
                Note();
                Case(options.Kind ?? FuzzCase.KindOf(_seed), watch);
                if (_time.Elapsed > report)
                {
                    Console.WriteLine($"{_time.Elapsed:hh\\:mm\\:ss} {Counts}");
                    report = _time.Elapsed + Pause;
                }
            }

            Console.WriteLine($"fuzz: {Counts}");
            return _failures == 0 ? 0 : 1;
        }

        private string Counts => string.Create(
            CultureInfo.InvariantCulture,
            $"modules={_cases[0]} mutations={_cases[1] + _cases[2]} still_valid={_valid} executions={_executions} failures={_failures}");

        private void Case(FuzzKind kind, Watch watch)
        {
            (RunReport result, Finding? finding) = FuzzCase.Run(kind, _seed, corpus, options.Reduce ? Reductions : 0, watch.Restart);
            _cases[(int)kind]++;
            _executions += result.Executions;
            _valid += kind != FuzzKind.Generated && result.Refusal is null ? 1 : 0;
            if (finding is not null)
            {
                _failures++;
                Console.WriteLine($"FAILURE {finding.Name}: {finding.Problem}\n  saved as {finding.Save()}");
            }
        }

        /// <summary>Writes down which case is running, for the case that it ends the process.</summary>
        private void Note() => File.WriteAllText(Path.Combine(AppContext.BaseDirectory, "current-case.txt"), $"--seed 0x{_seed:x} --cases 1\n");

        private void Hang()
        {
            Console.WriteLine($"FAILURE the case of seed 0x{_seed:x} does not end; again: atoll fuzz --seed 0x{_seed:x} --cases 1");
            Console.WriteLine($"fuzz: {Counts}");
            Environment.Exit(1);
        }
    }
}
