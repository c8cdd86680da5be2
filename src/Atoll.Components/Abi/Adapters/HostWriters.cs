using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Atoll.Wasm;

namespace Atoll.Components.Abi.Adapters;

/// <summary>Results into writers of the host. Called by generated code.</summary>
/// <remarks>A writer is code of the host that runs while the guest is within its call: what it throws is wrapped, and poisons the instance as every failed call does.</remarks>
internal static unsafe class HostWriters
{
    private const string Name = "result writer";

    /// <summary>Found out before the guest is called.</summary>
    public static void Check(object? writer) => ArgumentNullException.ThrowIfNull(writer);

    /// <summary>Elements of a guest's list, whose bounds were checked.</summary>
    public static void WriteList<T>(ComponentState state, nint address, int count, IBufferWriter<T> writer)
        where T : unmanaged
    {
        state.Charge((long)(uint)count * sizeof(T));
        ReadOnlySpan<T> elements = new((void*)address, count);
        elements.CopyTo(Room(writer, count));
        Advance(writer, count);
    }

    /// <summary>A guest's string in UTF-8.</summary>
    public static void WriteUtf8(GuestEnd from, ulong pointer, ulong taggedCodeUnits, IBufferWriter<byte> writer)
    {
        if (!Strings.TryGetUtf8(from, pointer, taggedCodeUnits, out ReadOnlySpan<byte> bytes))
        {
            WriteTextAsUtf8(Strings.Lift(from, pointer, taggedCodeUnits), writer);
            return;
        }

        // What was copied is what is looked at: another thread may have the memory, too.
        Span<byte> room = Room(writer, bytes.Length);
        bytes.CopyTo(room);
        if (!Utf8.IsValid(room[..bytes.Length]))
        {
            throw Strings.Invalid();
        }

        Advance(writer, bytes.Length);
    }

    /// <summary>A guest's string in characters.</summary>
    public static void WriteCharacters(GuestEnd from, ulong pointer, ulong taggedCodeUnits, IBufferWriter<char> writer)
    {
        if (!Strings.TryGetUtf8(from, pointer, taggedCodeUnits, out ReadOnlySpan<byte> bytes))
        {
            WriteText(Strings.Lift(from, pointer, taggedCodeUnits), writer);
            return;
        }

        Span<char> room = Room(writer, bytes.Length);
        if (Utf8.ToUtf16(bytes, room, out _, out int written, replaceInvalidSequences: false) != OperationStatus.Done)
        {
            throw Strings.Invalid();
        }

        Advance(writer, written);
    }

    public static void WriteText(string text, IBufferWriter<char> writer)
    {
        text.CopyTo(Room(writer, text.Length));
        Advance(writer, text.Length);
    }

    public static void WriteTextAsUtf8(string text, IBufferWriter<byte> writer)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        Advance(writer, Encoding.UTF8.GetBytes(text, Room(writer, length)));
    }

    public static void WriteArray<T>(T[] array, IBufferWriter<T> writer)
    {
        array.CopyTo(Room(writer, array.Length));
        Advance(writer, array.Length);
    }

    private static Span<T> Room<T>(IBufferWriter<T> writer, int count)
    {
        try
        {
            Span<T> room = writer.GetSpan(count);
            return room.Length >= count ? room : throw new InvalidOperationException($"the writer gave room for {room.Length} elements where it was asked for {count}");
        }
        catch (Exception exception)
        {
            throw new HostFunctionException(Name, exception);
        }
    }

    private static void Advance<T>(IBufferWriter<T> writer, int count)
    {
        try
        {
            writer.Advance(count);
        }
        catch (Exception exception)
        {
            throw new HostFunctionException(Name, exception);
        }
    }
}
