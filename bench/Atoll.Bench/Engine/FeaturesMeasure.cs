using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Bench;

/// <summary>Features beyond the kernels' against V8: one export of a small module each, which loops by itself.</summary>
internal static class FeaturesMeasure
{
    private const int Rounds = 5_000_000;
    private const int Throws = 50_000;

    private const string Guest = """
        (module
          (memory 1 1 shared)
          (func $odd (param $n i32) (param $a i32) (result i32)
            (if (i32.eqz (local.get $n)) (then (return (local.get $a))))
            (return_call $even (i32.sub (local.get $n) (i32.const 1)) (i32.add (local.get $a) (i32.const 3))))
          (func $even (param $n i32) (param $a i32) (result i32)
            (if (i32.eqz (local.get $n)) (then (return (local.get $a))))
            (return_call $odd (i32.sub (local.get $n) (i32.const 1)) (i32.xor (local.get $a) (i32.const 5))))
          (func (export "tail calls, two arguments") (param i32) (result i32) (return_call $odd (local.get 0) (i32.const 0)))
          (func $wide (param i32 i64 i64 i64 i64 i64 i64 i64 i64) (result i32)
            (if (i32.eqz (local.get 0)) (then (return (i32.wrap_i64 (local.get 8)))))
            (return_call $narrow (i32.sub (local.get 0) (i32.const 1)) (i32.wrap_i64 (local.get 8))))
          (func $narrow (param i32 i32) (result i32)
            (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
            (return_call $wide (i32.sub (local.get 0) (i32.const 1)) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7)
              (i64.extend_i32_u (i32.add (local.get 1) (i32.const 1)))))
          (func (export "tail calls, two to nine arguments") (param i32) (result i32) (return_call $narrow (local.get 0) (i32.const 0)))
          (func (export "atomic loads and stores") (param $n i32) (result i32)
            (loop $l
              (i32.atomic.store (i32.const 64) (i32.add (i32.atomic.load (i32.const 64)) (i32.const 1)))
              (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (i32.atomic.load (i32.const 64)))
          (func (export "atomic additions") (param $n i32) (result i32)
            (loop $l
              (drop (i32.atomic.rmw.add (i32.const 128) (local.get $n)))
              (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (i32.atomic.load (i32.const 128)))
          (func (export "atomic compare and exchange") (param $n i32) (result i32)
            (loop $l
              (drop (i32.atomic.rmw.cmpxchg (i32.const 192) (i32.atomic.load (i32.const 192)) (local.get $n)))
              (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (i32.atomic.load (i32.const 192))))
        """;

    /// <summary>In the form of older toolchains: Node 20 has no other without a flag.</summary>
    private const string Exceptions = """
        (module
          (tag $t (param i32))
          (func $throw (param i32) (throw $t (local.get 0)))
          (func $deep (param $depth i32) (param i32)
            (if (i32.eqz (local.get $depth)) (then (throw $t (local.get 1))))
            (call $deep (i32.sub (local.get $depth) (i32.const 1)) (local.get 1)))
          (func (export "throw and catch, one frame") (param $n i32) (result i32) (local $sum i32)
            (loop $l
              (local.set $sum (i32.add (local.get $sum) (try (result i32) (do (call $throw (local.get $n)) (i32.const 0)) (catch $t))))
              (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (local.get $sum))
          (func (export "throw and catch, ten frames") (param $n i32) (result i32) (local $sum i32)
            (loop $l
              (local.set $sum (i32.add (local.get $sum) (try (result i32) (do (call $deep (i32.const 9) (local.get $n)) (i32.const 0)) (catch $t))))
              (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (local.get $sum)))
        """;

    public static IEnumerable<Measurement> Run(int runs) => RunGuest(Guest, Rounds, runs).Concat(RunGuest(Exceptions, Throws, runs));

    private static IEnumerable<Measurement> RunGuest(string text, int rounds, int runs)
    {
        string folder = Directory.CreateTempSubdirectory("atoll-bench-").FullName;
        string file = Path.Combine(folder, "features.wasm");
        try
        {
            WasmEngine engine = new(new WasmEngineOptions { Features = WasmFeatures.All });
            byte[] wasm = WatText.ToBinary(text);
            File.WriteAllBytes(file, wasm);
            using NodePeer node = new(Path.Combine(Repository.Root, "bench", "engine", "peer.mjs"));
            node.Ask(new { cmd = "load", file });
            using Store store = new(engine);
            Instance instance = new Linker(engine).Instantiate(store, engine.LoadModule(wasm));
            foreach ((string name, Extern item) in instance.Exports)
            {
                yield return Measurement.Ratio(null, name, "ms", Measure(((Function)item).ToDelegate<Func<int, int>>(), name, node, rounds, runs));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Comparison Measure(Func<int, int> ours, string name, NodePeer node, int rounds, int runs)
    {
        Comparison comparison = new();
        for (int i = 0; i < runs + KernelBench.WarmUps; i++)
        {
            double before = NodePeer.OurCpuMilliseconds;
            int result = ours(rounds);
            double time = NodePeer.OurCpuMilliseconds - before;
            System.Text.Json.JsonElement answer = node.Ask(new { cmd = "once", name, n = rounds });
            if (answer.GetProperty("result").GetString() != $"{result}")
            {
                throw new InvalidOperationException($"{name}: ours is {result}, V8's {answer.GetProperty("result")}");
            }

            if (i >= KernelBench.WarmUps)
            {
                comparison.Add(time, answer.GetProperty("cpu_us").GetDouble() / 1000);
            }
        }

        return comparison;
    }
}
