using System.Security.Cryptography;
using Atoll.Components;
using Atoll.Wasm;
using Atoll.Wasm.Binary;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Sdk.Bindgen.JavaScript;

/// <summary>
/// The module of QuickJS that componentize-qjs puts into components. It lies in the componentizer's program, and the componentizer takes another one: so what depends on
/// when and where a component was made, and what goes wrong with resources, is changed before the component's memory is written down.
/// </summary>
internal static class QuickJsRuntime
{
    /// <summary>
    /// The runtimes of componentize-qjs 0.4.5 without asynchronous functions, for speed and for size, by their hash: which function gives back what a call borrowed and
    /// frees what it put aside. What it has done it does not do again.
    /// </summary>
    private static readonly Dictionary<string, int> ReleaseCalls = new(StringComparer.Ordinal)
    {
        ["25703f010b80efb806f9c35daf9ee6524ad60320c9781b0bae4e234264f8dac5"] = 51,
        ["51bced91769e0a3cb8bc288d230675b03fca8f97b42723b9f9f1702e6903b6f7"] = 56,
    };

    // Resources of the world in memory (wit_dylib.h of wasm-tools): the list's place in the world, an item's size, and functions of an item.
    private const byte Resources = 24, ResourceBytes = 20, Drop = 8, Representation = 16;
    private const int MaxBytes = 16 << 20;
    private const byte LastSection = 13;
    private const string Start = "init";
    private const string PushOwn = "wit_dylib_push_own";
    private const string Destructor = "wit_dylib_resource_dtor";
    private const string Call = "wit_dylib_export_call";
    private const string Initialize = "wit_dylib_initialize";

    /// <summary>Finds the runtime in the bytes of the componentizer's program.</summary>
    /// <param name="program">The program.</param>
    /// <param name="forSize">Whether the smaller runtime is wanted, or the faster one.</param>
    /// <returns>The runtime for synchronous components; null if there is none of a known form.</returns>
    public static byte[]? Find(ReadOnlySpan<byte> program, bool forSize)
    {
        ReadOnlySpan<byte> magic = [0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00], name = "wit_dylib_push_string"u8;
        byte[]? found = null;
        for (int at = 0, next; (next = program[at..].IndexOf(magic)) >= 0; at += Sections.PreambleBytes)
        {
            at += next;
            ReadOnlySpan<byte> bytes = program.Slice(at, Measure(program[at..]));
            bool isBetter = found is null || (forSize ? bytes.Length < found.Length : bytes.Length > found.Length);
            if (isBetter && bytes.IndexOf(name) >= 0 && IsSynchronous(bytes.ToArray()))
            {
                found = bytes.ToArray();
            }
        }

        return found;
    }

    /// <summary>Whether <see cref="Changed"/> makes the runtime right with resources.</summary>
    public static bool IsKnown(ReadOnlySpan<byte> runtime) => ReleaseCalls.ContainsKey(HashOf(runtime));

    /// <summary>
    /// The runtime with clocks that stand still at 0 and a seed of 0 until the program is read in, so that the same program gives the same memory. From then on they are
    /// the host's. The known runtime also gives borrowed handles back before the call ends, and finds the objects behind owned handles of the guest's resources.
    /// </summary>
    /// <exception cref="MalformedModuleException">It is no module.</exception>
    /// <exception cref="ComponentWritingException">It is no runtime.</exception>
    public static byte[] Changed(byte[] runtime)
    {
        ModuleDefinition module = ModuleDecoder.Decode(runtime, ModuleLimits.Default, WasmFeatures.All);
        Dictionary<string, int> functions =
            module.Exports.Where(export => export.Kind == ExternKind.Function).ToDictionary(export => export.Name, export => export.Index);
        if (!functions.TryGetValue(Start, out int start))
        {
            throw new ComponentWritingException("the module is no runtime of componentize-qjs: it has no function to begin with.");
        }

        ModuleChange change = new(runtime, module);
        int isReady = change.AddGlobal();
        CodeWriter begin = new();
        for (byte i = 0; i < module.TypeOf(start).Parameters.Length; i++)
        {
            begin.Get(i);
        }

        change.Exports[Start] = change.AddFunction(module.Functions[start], begin.Call(start).I32Const(1).SetGlobal(isReady).End());
        StandStill(change, module, isReady);
        if (ReleaseCalls.TryGetValue(HashOf(runtime), out int releaseCall))
        {
            MendResources(change, module, functions, releaseCall);
        }

        return change.ToBytes();
    }

    private static string HashOf(ReadOnlySpan<byte> runtime) => Convert.ToHexStringLower(SHA256.HashData(runtime));

    private static void StandStill(ModuleChange change, ModuleDefinition module, int isReady)
    {
        uint function = 0;
        foreach (ImportDefinition import in module.Imports.Where(import => import.Kind == ExternKind.Function))
        {
            int call = (int)function;
            byte[]? body = (import.Module.Split('@')[0], import.Name) switch
            {
                // A pair of u64, seconds and nanoseconds, nanoseconds (WASI 0.2: insecure-seed, wall-clock, monotonic-clock).
                ("wasi:random/insecure-seed", "insecure-seed") => Until(0x40).Get(0).Call(call).Bytes(0x05)
                    .Get(0).I64Const(0).Bytes(0x37, 0, 0).Get(0).I64Const(0).Bytes(0x37, 0, 8).Bytes(0x0B).End(),
                ("wasi:clocks/wall-clock", "now") => Until(0x40).Get(0).Call(call).Bytes(0x05)
                    .Get(0).I64Const(0).Bytes(0x37, 0, 0).Get(0).I32Const(0).Bytes(0x36, 0, 8).Bytes(0x0B).End(),
                ("wasi:clocks/monotonic-clock", "now") => Until(CodeWriter.I64).Call(call).Bytes(0x05).I64Const(0).Bytes(0x0B).End(),
                _ => null,
            };
            if (body is not null)
            {
                change.Calls[function] = change.AddFunction(module.Functions[call], body);
            }

            function++;
        }

        CodeWriter Until(byte result) => new CodeWriter().GetGlobal(isReady).Bytes(0x04, result);
    }

    private static void MendResources(ModuleChange change, ModuleDefinition module, Dictionary<string, int> functions, int releaseCall)
    {
        uint toNothing = TypeOf([]), toI32 = TypeOf([ValueType.I32]);
        int world = change.AddGlobal(), isTaking = change.AddGlobal();
        int initialize = functions[Initialize], own = functions[PushOwn], destructor = functions[Destructor], call = functions[Call];
        Replace(Initialize, new CodeWriter().Get(0).SetGlobal(world).Get(0).Call(initialize).End());

        // (context, type, handle): the runtime wants the representation of what the guest exports, and has no use for the handle.
        const byte Resource = 3;
        CodeWriter push = new((1, CodeWriter.I32));
        push.GetGlobal(world).Bytes(0x28, 2, Resources).Get(1).I32Const(ResourceBytes).Bytes(0x6C, 0x6A).Set(Resource);
        push.Get(Resource).Bytes(0x28, 2, Representation, 0x45, 0x04, 0x40).Get(0).Get(1).Get(2).Call(own).Bytes(0x0F, 0x0B);
        push.Get(0).Get(1).Get(2).Get(Resource).Bytes(0x28, 2, Representation).CallIndirect(toI32).Call(own);
        push.I32Const(1).SetGlobal(isTaking).Get(2).Get(Resource).Bytes(0x28, 2, Drop).CallIndirect(toNothing).I32Const(0).SetGlobal(isTaking);
        Replace(PushOwn, push.End());

        // The object lives on in the guest: only its handle is gone.
        Replace(Destructor, new CodeWriter().GetGlobal(isTaking).Bytes(0x04, 0x40, 0x0F, 0x0B).Get(0).Get(1).Call(destructor).End());
        Replace(Call, new CodeWriter().Get(0).Get(1).Call(call).Get(0).Call(releaseCall).End());

        void Replace(string name, byte[] body) => change.Exports[name] = change.AddFunction(module.Functions[functions[name]], body);

        uint TypeOf(ValueType[] results) => (uint)module.Types.FindIndex(
            type => type.Function is { } function && function.Parameters.SequenceEqual([ValueType.I32]) && function.Results.SequenceEqual(results));
    }

    private static bool IsSynchronous(byte[] bytes)
    {
        try
        {
            ModuleDefinition module = ModuleDecoder.Decode(bytes, ModuleLimits.Default, WasmFeatures.All);
            return module.Exports.Any(export => export.Name == Start) && module.Imports.All(import => import.Module != "$root");
        }
        catch (MalformedModuleException)
        {
            // Bytes that look like a module's beginning.
            return false;
        }
    }

    /// <summary>How long a module is of which only the beginning is known: as long as sections follow.</summary>
    private static int Measure(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, MaxBytes)];
        int end = Sections.PreambleBytes;
        uint seen = 0;
        try
        {
            while (end < bytes.Length)
            {
                WasmReader reader = new(bytes, end, bytes.Length);
                byte id = reader.ReadByte();
                ReadOnlySpan<byte> content = reader.ReadBytes((int)Math.Min(reader.ReadVarU32(), int.MaxValue));
                bool isSection = id == 0 ? IsNamed(content) : id <= LastSection && (seen & (1u << id)) == 0;
                if (!isSection)
                {
                    return end;
                }

                seen |= id == 0 ? 0 : 1u << id;
                end = reader.Position;
            }
        }
        catch (MalformedModuleException)
        {
            // What follows is no section.
        }

        return end;
    }

    private static bool IsNamed(ReadOnlySpan<byte> content)
    {
        WasmReader reader = new(content, 0, content.Length);
        uint length = reader.ReadVarU32();
        return length > 0 && length <= reader.Remaining && System.Text.Unicode.Utf8.IsValid(content.Slice(reader.Position, (int)length));
    }
}
