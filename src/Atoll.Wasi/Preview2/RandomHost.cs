using System.Buffers.Binary;
using Atoll.Components;
using Atoll.Wasm;

namespace Atoll.Wasi.Preview2;

/// <summary>The functions of the package <c>wasi:random</c>.</summary>
internal static class RandomHost
{
    /// <summary>Most bytes of one call.</summary>
    private const int Maximum = 16 * 1024 * 1024;

    private const int Piece = 64 * 1024;

    public static void AddTo(ComponentLinker linker)
    {
        ComponentLinkerInstance random = linker.Instance(WasiHost.Name("random/random"));
        random.DefineFunction("get-random-bytes", (ComponentCaller caller, ulong length) => Bytes(caller, length, Secure(caller)));
        random.DefineFunction("get-random-u64", (ComponentCaller caller) => Number(Secure(caller)));

        ComponentLinkerInstance insecure = linker.Instance(WasiHost.Name("random/insecure"));
        insecure.DefineFunction("get-insecure-random-bytes", (ComponentCaller caller, ulong length) => Bytes(caller, length, Insecure(caller)));
        insecure.DefineFunction("get-insecure-random-u64", (ComponentCaller caller) => Number(Insecure(caller)));

        ComponentLinkerInstance seed = linker.Instance(WasiHost.Name("random/insecure-seed"));
        seed.DefineFunction("insecure-seed", (ComponentCaller caller) => (Number(Insecure(caller)), Number(Insecure(caller))));
    }

    /// <summary>Nothing neutral can stand in for secret numbers: a guest would make keys of them.</summary>
    private static Action<Span<byte>> Secure(ComponentCaller caller)
    {
        WasiContext context = WasiHost.Context(caller);
        if (context.Random is null)
        {
            context.Deny(WasiContext.RandomCapability);
            throw new TrapException(TrapKind.Host, "the guest asked for secure random numbers, which were not granted, and there is nothing to take their place");
        }

        return context.Random;
    }

    private static Action<Span<byte>> Insecure(ComponentCaller caller)
    {
        WasiContext context = WasiHost.Context(caller);
        if (context.Random is null)
        {
            context.Deny(WasiContext.RandomCapability);
        }

        return context.Random ?? context.Predictable;
    }

    private static byte[] Bytes(ComponentCaller caller, ulong length, Action<Span<byte>> fill)
    {
        if (length > Maximum)
        {
            throw new TrapException(TrapKind.Host, $"the guest asked for {length} random bytes in one call; the limit is {Maximum}");
        }

        byte[] bytes = new byte[length];
        for (int done = 0; done < bytes.Length; done += Piece)
        {
            // Cut into pieces, so that a deadline is seen.
            caller.Work(Piece);
            fill(bytes.AsSpan(done, Math.Min(Piece, bytes.Length - done)));
        }

        return bytes;
    }

    private static ulong Number(Action<Span<byte>> fill)
    {
        Span<byte> bytes = stackalloc byte[8];
        fill(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
