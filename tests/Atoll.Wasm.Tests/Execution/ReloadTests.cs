using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Atoll.Wasm.Text;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>A process that loads modules again and again needs no more memory than one that does so a few times: not the heap, and not the process.</summary>
[Collection(AloneCollection.Name)]
public sealed class ReloadTests
{
    private const int WarmUp = 100;

    /// <summary>What a reload may leave behind. A module's code and objects take some hundred kilobytes, its memory another hundred.</summary>
    private const int BytesPerReload = 8 * 1024;

    /// <summary>What the process takes more or less of by itself: the collector's spare room, pages of stacks, tables of the runtime.</summary>
    private const int Noise = 12 << 20;

    private static readonly byte[] Module = WatText.ToBinary("""
        (module
          (import "host" "note" (func $note (param i32)))
          (memory (export "memory") 2) (table 4 funcref) (elem (i32.const 0) $sum $note) (tag $odd (param i32))
          (type $pair (struct (field (mut i32)) (field (ref null $pair))))
          (global $calls (export "calls") (mut i32) (i32.const 0)) (global $last (mut (ref null $pair)) (ref.null $pair))
          (data (i32.const 70000) "atoll")
          (func $init (i32.store (i32.const 0) (i32.const 1)) (memory.fill (i32.const 1024) (i32.const 7) (i32.const 100000)))
          (start $init)
          (func $sum (param $n i32) (local $sum i32)
            (loop $l
              (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (i32.const 1024) (local.get $n)))))
              (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (call $note (local.get $sum)))
          (func $check (param i32) (if (i32.and (local.get 0) (i32.const 1)) (then (throw $odd (local.get 0)))))
          (func (export "run") (param $n i32) (result i32)
            (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
            (global.set $last (struct.new $pair (local.get $n) (global.get $last)))
            (call_indirect (param i32) (local.get $n) (i32.const 0))
            (block $h (result i32)
              (try_table (catch $odd $h) (call $check (local.get $n)))
              (struct.get $pair 0 (global.get $last)))))
        """);

    /// <summary>Compiled as a whole; compiled when called; interpreted; interpreted, then compiled; compiled as a whole and run in a pool.</summary>
    public static TheoryData<string> Modes() => ["whole", "called", "interpreted", "both", "pooled"];

    [Theory]
    [MemberData(nameof(Modes))]
    public void AHundredReloadsKeepMemoryFlat(string mode) => Reload(mode, 100);

    [Theory]
    [Trait("Category", "Long")]
    [MemberData(nameof(Modes))]
    public void AThousandReloadsKeepMemoryFlat(string mode) => Reload(mode, 1_000);

    private static void Reload(string mode, int times)
    {
        WasmEngine engine = new(new WasmEngineOptions
        {
            EagerCodeBytes = mode is "whole" or "pooled" ? 1 << 20 : 0,
            InterpretColdCode = mode != "called",
            ColdRounds = mode == "interpreted" ? 1_000_000 : 1,
        });
        Linker linker = new(engine);
        int notes = 0;
        linker.DefineFunction("host", "note", (int sum) => { notes += sum; });
        Repeat(engine, linker, mode, WarmUp);
        (long heap, long process) before = Settle();
        Repeat(engine, linker, mode, times);
        (long heap, long process) after = Settle();
        int loaded = AssemblyLoadContext.All.Count(context => context.Name == "Atoll module");
        TestContext.Current.SendDiagnosticMessage(string.Create(
            CultureInfo.InvariantCulture,
            $"{mode}: {times} reloads, heap {(after.heap - before.heap) / 1024} KiB more, process {(after.process - before.process) / 1024} KiB more, {loaded} load contexts"));
        Assert.Equal((WarmUp + times) * 7 * 50, notes);
        Assert.True(after.heap - before.heap < 1 << 20, $"the heap grew by {after.heap - before.heap} bytes over {times} reloads");
        long growth = after.process - before.process;
        Assert.True(growth < Noise + ((long)BytesPerReload * times), $"the process grew by {growth} bytes over {times} reloads");
        Assert.True(loaded < 50, $"the code of {loaded} modules is still loaded");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Repeat(WasmEngine engine, Linker linker, string mode, int times)
    {
        for (int i = 0; i < times; i++)
        {
            Once(engine, linker, mode);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Once(WasmEngine engine, Linker linker, string mode)
    {
        WasmModule module = engine.LoadModule(Module);
        if (mode == "pooled")
        {
            using InstancePool pool = new(linker, module);
            using InstanceLease lease = pool.Rent();
            Run(lease.Instance);
        }
        else
        {
            using Store store = new(engine);
            Run(linker.Instantiate(store, module));
        }
    }

    private static void Run(Instance instance) => Assert.Equal(50, instance.Call("run", Value.I32(50))[0].AsI32());

    private static (long Heap, long Process) Settle()
    {
        for (int i = 0; i < 5; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return (GC.GetTotalMemory(forceFullCollection: true), PrivateBytes());
    }

    /// <summary>Memory that only this process has.</summary>
    private static long PrivateBytes()
    {
        if (OperatingSystem.IsLinux())
        {
            string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
            return long.Parse(line.AsSpan(8, line.Length - 11).Trim(), CultureInfo.InvariantCulture) * 1024;
        }

        using Process process = Process.GetCurrentProcess();
        return process.PrivateMemorySize64;
    }
}
