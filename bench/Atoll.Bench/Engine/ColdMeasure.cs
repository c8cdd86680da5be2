using Atoll.Wasm.Text;

namespace Atoll.Bench;

/// <summary>Starts from the cache: whole processes of a small program, and of SQLite with one batch of statements.</summary>
internal static class ColdMeasure
{
    private const string Hello = """
        (module
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "\10\00\00\00\06\00\00\00")
          (data (i32.const 16) "hello\n")
          (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))))
        """;

    public static IEnumerable<Measurement> Run(int runs)
    {
        string folder = Directory.CreateTempSubdirectory("atoll-bench-").FullName;
        try
        {
            string hello = Path.Combine(folder, "hello.wasm"), sqlite = Path.Combine(folder, "sqlite.wasm");
            File.WriteAllBytes(hello, WatText.ToBinary(Hello));
            File.WriteAllBytes(sqlite, SqliteProgram.Make());
            WholeProcess.Run(WholeProcess.Atoll, ["compile", hello], "", folder);
            WholeProcess.Run(WholeProcess.Atoll, ["compile", sqlite], "", folder);
            yield return Measurement.Ratio("cold_ratio", "SQLite with a batch, whole process, cached", "ms", Compare(runs, sqlite, folder, []), "≤ 1.00");
            yield return Measurement.Ratio(null, "SQLite with a batch, whole process, not cached", "ms", Compare(runs, sqlite, folder, ["--no-cache"]));
            yield return Measurement.Ratio(null, "small program, whole process, cached", "ms", Compare(runs, hello, folder, []));

            // The time on the clock is what a person waits for. The machine may be busy, and then the shortest says most.
            double best = Enumerable.Range(0, runs).Min(_ => WholeProcess.Run(WholeProcess.Atoll, ["run", hello], "", folder).WallMilliseconds);
            double node = Enumerable.Range(0, runs).Min(_ => WholeProcess.RunNode(hello, []).WallMilliseconds);
            yield return Measurement.Absolute("cold_ms", "small program, whole process, cached: shortest on the clock", "ms", Samples.Of([best]), "≤ 130", Samples.Of([node]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Comparison Compare(int runs, string wasm, string cache, string[] options) => WholeProcess.Compare(
        runs,
        () => WholeProcess.Run(WholeProcess.Atoll, ["run", .. options, wasm], "", cache),
        () => WholeProcess.RunNode(wasm, []));
}
