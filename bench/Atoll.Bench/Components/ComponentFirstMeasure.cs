using System.Diagnostics;
using System.Globalization;
using Atoll.Components;
using Atoll.Wasm;
using Atoll.Wasm.Caching;

namespace Atoll.Bench;

/// <summary>What a fresh process takes until it has called a component: load, link, instantiate, call; code out of the disk cache.</summary>
internal static class ComponentFirstMeasure
{
    public const string ChildWord = "--first";

    public static IEnumerable<Measurement> Run(int runs)
    {
        string cache = Directory.CreateTempSubdirectory("atoll-bench-").FullName;
        try
        {
            foreach ((string? key, string name, string function, string goal) in new (string?, string, string, string)[]
            {
                ("js_first_ms", "js-pure-qjs-stub.wasm", "api#add", "≤ 200 ms"),
                (null, "c-pure.component.wasm", "api#add", ""),
                (null, "c-cmd.component.wasm", "", ""),
                (null, "js-cmd-qjs.wasm", "", ""),
            })
            {
                string file = ComponentGuests.PathOf(name);
                Fill(file, cache);
                Samples wall = new(), inside = new();
                for (int i = 0; i < runs; i++)
                {
                    (double total, double part) = Child(file, cache, function);
                    wall.Add(total);
                    inside.Add(part);
                }

                string what = function.Length == 0 ? "first instance" : "first call";
                yield return Measurement.Absolute(key, $"{what} of {name}, whole process", "ms", wall, goal);
                yield return Measurement.Absolute(null, "  of these, after the runtime's own start", "ms", inside);
            }
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }
    }

    /// <summary>The child: loads, instantiates, calls, and prints how long that took.</summary>
    public static int RunChild(string file, string cache, string function)
    {
        Stopwatch watch = Stopwatch.StartNew();
        WasmEngine engine = new(new WasmEngineOptions { CodeLifetime = CodeLifetime.Pinned, CodeCache = Open(cache) });
        Component component = Component.Load(engine, File.ReadAllBytes(file));
        using Store store = new(engine);
        ComponentInstance instance = ComponentGuests.Stubs(component).Instantiate(store, component);
        if (function.Length > 0)
        {
            // Components of the two languages give their interface different names.
            ComponentFunction add = instance.GetFunction(function) ?? instance.GetFunction(ComponentGuests.Api + "add")
                ?? throw new InvalidOperationException($"{file} has no function {function}");
            add.ToDelegate<Func<uint, uint, uint>>()(1, 2);
        }

        Console.WriteLine(watch.Elapsed.TotalMilliseconds.ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    private static DiskCodeCache Open(string folder) =>
        new(new DiskCodeCacheOptions { Directory = Path.Combine(folder, "code"), KeyDirectory = Path.Combine(folder, "key") });

    /// <summary>Does what <c>atoll compile</c> does.</summary>
    private static void Fill(string file, string folder)
    {
        DiskCodeCache cache = Open(folder);
        AheadOfTimeCompiler? compiler = AheadOfTimeCompiler.Find(null);
        WasmEngine engine = new(new WasmEngineOptions { CodeLifetime = CodeLifetime.Pinned });
        foreach (ModuleCode code in Component.CompileForCache(engine, File.ReadAllBytes(file)))
        {
            IReadOnlyList<ReadOnlyMemory<byte>> images = compiler is null
                ? code.Images
                : compiler.CompileAsync(code, null, CancellationToken.None).GetAwaiter().GetResult();
            cache.Store(code.Key, images, Path.GetFileName(file), compiler?.Version);
        }
    }

    private static (double Total, double Inside) Child(string file, string cache, string function)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!, ["components", ChildWord, file, cache, function]) { RedirectStandardOutput = true };
        Stopwatch watch = Stopwatch.StartNew();
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        double total = watch.Elapsed.TotalMilliseconds;
        return process.ExitCode == 0
            ? (total, double.Parse(output, CultureInfo.InvariantCulture))
            : throw new InvalidOperationException($"the process that calls {file} ended with code {process.ExitCode}");
    }
}
