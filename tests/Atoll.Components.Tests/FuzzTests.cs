using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Components.Validation;
using Atoll.Spec.Tests;
using Atoll.Wasm;

namespace Atoll.Components.Tests;

/// <summary>Changed components of the suites are valid or are refused, with no other exception than ours, on a small stack and within bounds of allocation.</summary>
public sealed class FuzzTests(Totals totals)
{
    private const int CorpusFileBytes = 16 * 1024;
    private const int StackBytes = 512 * 1024;
    private const long AllowedBytes = 512L << 20;
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(10);

    private static readonly ComponentLoadOptions Options = new() { Features = ComponentFeatures.All, CoreFeatures = WasmFeatures.All };

    /// <summary>Batches, so that they can run at the same time and a failure names few seeds.</summary>
    public static TheoryData<int> Batches() => [.. Enumerable.Range(0, 8)];

    /// <summary>Batches of the long form.</summary>
    public static TheoryData<int> LongBatches() => [.. Enumerable.Range(100, 40)];

    [Theory]
    [MemberData(nameof(Batches))]
    public void Changed_components_are_refused_or_valid(int batch) => Run(batch, 1000);

    [Theory]
    [MemberData(nameof(LongBatches))]
    [Trait("Category", "Long")]
    public void Many_changed_components_are_refused_or_valid(int batch) => Run(batch, 5000);

    private void Run(int batch, int cases)
    {
        List<byte[]> corpus = Corpus();
        List<string> failures = [];
        int current = 0;
        Thread thread = new(
            () =>
            {
                for (int i = 0; i < cases && failures.Count < 10; i++)
                {
                    int seed = current = (batch * 100_000) + i;
                    byte[] bytes = new ComponentMutator(corpus, seed).Next();
                    if (Problem(bytes) is { } problem)
                    {
                        failures.Add($"seed {seed}: {problem}\n{Convert.ToHexString(bytes)}");
                    }
                }
            },
            StackBytes);
        thread.IsBackground = true;
        thread.Start();
        Assert.True(thread.Join(Hang), $"seed {current} hangs");
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    private string? Problem(byte[] bytes)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        string verdict = "valid";
        try
        {
            ComponentLoader.Load(bytes, Options);
        }
        catch (MalformedComponentException)
        {
            verdict = "malformed";
        }
        catch (InvalidComponentException)
        {
            verdict = "invalid";
        }
        catch (Exception e)
        {
            return e.ToString();
        }

        totals.Add("fuzz", verdict);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return allocated <= AllowedBytes ? null : $"{allocated} bytes allocated";
    }

    private static List<byte[]> Corpus()
    {
        List<byte[]> corpus = [];
        foreach (string file in Directory.EnumerateFiles(Path.Combine(SpecData.Root(), "component-model"), "*.wasm", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            byte[] bytes = File.ReadAllBytes(file);
            if (bytes.Length <= CorpusFileBytes && Component.IsComponent(bytes) && IsDecodable(bytes))
            {
                corpus.Add(bytes);
            }
        }

        Assert.True(corpus.Count > 500, $"only {corpus.Count} components to change");
        return corpus;
    }

    private static bool IsDecodable(byte[] bytes)
    {
        try
        {
            ComponentDecoder.Decode(bytes, Options);
            return true;
        }
        catch (MalformedComponentException)
        {
            return false;
        }
        catch (InvalidComponentException)
        {
            return false;
        }
    }
}
