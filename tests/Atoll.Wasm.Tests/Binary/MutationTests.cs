using System.Diagnostics;
using static Atoll.Wasm.Tests.ModuleBytes;

namespace Atoll.Wasm.Tests.Binary;

/// <summary>Damaged modules: whatever the bytes are, the only way out is acceptance or a <see cref="WasmException"/>.</summary>
public sealed class MutationTests
{
    private const int Seed = 20_250_731;

    [Fact]
    public void Damaged_suite_modules_end_in_our_exceptions()
    {
        string core = Path.Combine(Conformance.Root(), "core");
        string[] files = [.. Directory.EnumerateFiles(core, "*.wasm", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        var random = new Random(Seed);
        for (int round = 0; round < 20_000; round++)
        {
            string file = files[random.Next(files.Length)];
            if (new FileInfo(file).Length < 8_000)
            {
                Try(file, File.ReadAllBytes(file), random, round);
            }
        }
    }

    [Fact]
    public void Damaged_programs_end_in_our_exceptions()
    {
        var random = new Random(Seed);
        int round = 0;
        foreach (string file in Conformance.Programs().Where(f => new FileInfo(f).Length < 60_000))
        {
            byte[] original = File.ReadAllBytes(file);
            for (int i = 0; i < 60; i++)
            {
                Try(file, original, random, round++);
            }
        }

        Assert.True(round > 300, "too few programs were found");
    }

    private static void Try(string file, byte[] original, Random random, int round)
    {
        byte[] damaged = Mutate(original, random);
        long start = Stopwatch.GetTimestamp();
        try
        {
            Check(damaged);
        }
        catch (WasmException)
        {
            // The expected end of most of them.
        }
        catch (Exception error)
        {
            Assert.Fail($"seed {Seed}, round {round}, {file}: {error}");
        }

        // Not a measurement: a damaged module of this size that takes seconds has found a quadratic rule.
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20), $"seed {Seed}, round {round}, {file}: too slow");
    }

    private static byte[] Mutate(byte[] original, Random random)
    {
        byte[] bytes = [.. original];
        for (int left = random.Next(1, 4); left > 0 && bytes.Length > 9; left--)
        {
            // The header is left alone, or nothing behind it would ever be reached.
            int at = random.Next(8, bytes.Length);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.AsSpan(at, Math.Min(5, bytes.Length - at)).Fill(0xFF);
                    break;
                case 3:
                    bytes = [.. bytes[..at], (byte)random.Next(256), .. bytes[at..]];
                    break;
                case 4:
                    bytes = [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + random.Next(1, 4))..]];
                    break;
                default:
                    bytes = random.Next(4) == 0 ? bytes[..at] : [.. bytes[..at], .. bytes[random.Next(8, at + 1)..]];
                    break;
            }
        }

        return bytes;
    }
}
