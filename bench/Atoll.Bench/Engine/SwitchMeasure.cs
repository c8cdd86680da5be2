using System.Globalization;
using System.Text;
using System.Text.Json;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Bench;

/// <summary>
/// One function with a loop around a <c>br_table</c> of 3,000 cases, as an interpreter or a generated parser has it, here and in V8. Three programs
/// for it: 8 different cases in turn, which branch prediction foresees; the same mixed; all of them mixed.
/// </summary>
internal static class SwitchMeasure
{
    private const int Cases = 3_000;
    private const int Steps = 3_000_000;
    private const int WarmUps = 3;

    public static IEnumerable<Measurement> Run(int runs)
    {
        byte[] wasm = WatText.ToBinary(ModuleText(Cases));
        string file = Path.Combine(Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "bench")).FullName, $"switch-{Cases}.wasm");
        File.WriteAllBytes(file, wasm);
        WasmEngine engine = new();
        using Store store = new(engine);
        Func<int, int, int> run = new Linker(engine).Instantiate(store, engine.LoadModule(wasm)).GetFunction("run")!.ToDelegate<Func<int, int, int>>();
        using NodePeer peer = new(Path.Combine(Repository.Root, "bench", "engine", "switch-peer.mjs"));
        peer.Ask(new { cmd = "load", file });
        yield return Measurement.Ratio("switch", $"switch of {Cases} cases, 8 of them in turn", "ms", Measure(run, peer, 8, runs), "≤ 1.3");
        yield return Measurement.Ratio(null, $"switch of {Cases} cases, 8 of them mixed", "ms", Measure(run, peer, -8, runs));
        yield return Measurement.Ratio(null, $"switch of {Cases} cases, all of them mixed", "ms", Measure(run, peer, -Cases, runs));
    }

    private static Comparison Measure(Func<int, int, int> run, NodePeer peer, int different, int runs)
    {
        Comparison comparison = new();
        for (int round = 0; round < runs + WarmUps; round++)
        {
            double before = NodePeer.OurCpuMilliseconds;
            int result = run(Steps, different);
            double mine = NodePeer.OurCpuMilliseconds - before;
            JsonElement answer = peer.Ask(new { cmd = "run", steps = Steps, different });
            if (answer.GetProperty("result").GetInt32() != result)
            {
                throw new InvalidOperationException($"ours is {result}, V8's {answer.GetProperty("result")}");
            }

            if (round >= WarmUps)
            {
                comparison.Add(mine, answer.GetProperty("cpu_us").GetDouble() / 1000);
            }
        }

        return comparison;
    }

    /// <summary>
    /// run(steps, different): memory holds a program of 16,384 case numbers, in turn or pseudo-random (a negative count of different cases); the first call
    /// with another count writes it anew. A case mixes four registers and a memory cell of its own with constants of its own, so that no two are the same code.
    /// </summary>
    private static string ModuleText(int cases)
    {
        StringBuilder text = new();
        text.Append("(module (memory 2) (global $filled (mut i32) (i32.const 0))\n");
        text.Append(CultureInfo.InvariantCulture, $"""
            (func $fill (param $different i32) (local $at i32) (local $x i32) (local $mixed i32)
              (if (i32.eq (global.get $filled) (local.get $different)) (then (return)))
              (global.set $filled (local.get $different))
              (if (i32.lt_s (local.get $different) (i32.const 0))
                (then (local.set $mixed (i32.const 1)) (local.set $different (i32.sub (i32.const 0) (local.get $different)))))
              (loop $next
                (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1664525)) (i32.const 1013904223)))
                (i32.store16 offset=65536 (local.get $at)
                  (i32.mul (i32.rem_u (select (i32.shr_u (local.get $x) (i32.const 9)) (i32.shr_u (local.get $at) (i32.const 1)) (local.get $mixed)) (local.get $different)) (i32.div_u (i32.const {cases}) (local.get $different))))
                (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 2))) (i32.const 32768)))))
            (func (export "run") (param $steps i32) (param $different i32) (result i32)
              (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $at i32)
              (call $fill (local.get $different))
              (loop $next
              (block $done

            """);
        for (int i = cases; i > 0; i--)
        {
            text.Append("(block ");
        }

        text.Append("\n(i32.load16_u offset=65536 (local.tee $at (i32.and (i32.add (local.get $at) (i32.const 2)) (i32.const 32767))))\nbr_table");
        for (int i = 0; i <= cases; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $" {i}");
        }

        text.Append(")\n");
        for (int i = 0; i < cases; i++)
        {
            AppendCase(text, i);
            text.Append(CultureInfo.InvariantCulture, $"br {cases - 1 - i}\n{(i < cases - 1 ? ")" : "")}\n");
        }

        text.Append(")\n");
        text.Append("(br_if $next (local.tee $steps (i32.sub (local.get $steps) (i32.const 1)))))\n");
        text.Append("(i32.add (i32.add (local.get $a) (local.get $d)) (i32.add (local.get $b) (local.get $c)))))");
        return text.ToString();
    }

    private static void AppendCase(StringBuilder text, int i) => text.Append(CultureInfo.InvariantCulture, $"""
        (local.set $a (i32.add (i32.xor (local.get $a) (local.get $c)) (i32.const {1013904223 + i})))
        (local.set $b (i32.xor (i32.add (local.get $b) (i32.load offset={16 + (i * 4)} (i32.and (local.get $c) (i32.const 4095)))) (i32.const {i * 77})))
        (i32.store offset={16 + (i * 4)} (i32.and (local.get $c) (i32.const 4095)) (i32.add (local.get $b) (local.get $a)))
        (local.set $c (i32.add (i32.rotl (local.get $c) (i32.const {(i % 30) + 1})) (i32.shr_u (local.get $a) (i32.const {(i % 7) + 1}))))
        (local.set $d (i32.sub (i32.add (local.get $d) (local.get $b)) (i32.and (local.get $a) (i32.const {i * 31}))))

        """);
}
