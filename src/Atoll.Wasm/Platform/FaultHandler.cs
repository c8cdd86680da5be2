using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Atoll.Wasm.Platform;

/// <summary>
/// Makes .NET throw a <see cref="NullReferenceException"/> where code touches a guarded slot of the address space, as it does at address zero. The processor
/// faults, Linux sends a signal, and a few instructions in front of the runtime's own handler note the address in the slot's first page and put zero in its place.
/// </summary>
/// <remarks>
/// Linux on x64 only. The handler is machine code because a managed method cannot run where the signal arrives. It touches nothing but the signal's information, a
/// table of slots that is never freed, and the page of a slot that is in the table, and jumps to the handler that was there before, whatever the signal was about.
/// </remarks>
internal static unsafe partial class FaultHandler
{
    /// <summary>A slot is so many bytes, as a power of two, and begins at a multiple of that: all that an address and an offset of 32 bits each can reach.</summary>
    public const int SlotBits = 33;

    /// <summary>Where the address of a fault is noted, counted from the slot's first byte.</summary>
    public const int NoteOffset = 8;

    private const int SegmentationFault = 11;
    private const int PassesInformation = 0x4;
    private const int RunsOnOwnStack = 0x0800_0000;
    private const int ProtectReadWrite = 3;
    private const int ProtectReadExecute = 5;
    private const int MapPrivateAnonymous = 0x22;

    /// <summary>All slots of the 47 bits that a process has.</summary>
    private const int Slots = 1 << (47 - SlotBits);

    private static readonly Lock Gate = new();
    private static ulong* _slots;
    private static nint _handler;
    private static bool _isTried;

    /// <summary>Installs the handler, or looks whether it is still the one that is called. False where anything is not as it is known to work.</summary>
    public static bool TryInstall()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return false;
        }

        lock (Gate)
        {
            if (!_isTried)
            {
                _isTried = true;
                Install();
            }

            SignalAction current;
            return _handler != 0 && sigaction(SegmentationFault, null, &current) == 0 && current.Handler == _handler;
        }
    }

    /// <summary>Enters a slot into the table, or takes it off; false for what is no slot.</summary>
    public static bool Mark(byte* start, bool isUsed)
    {
        ulong slot = (ulong)start >> SlotBits;
        if (slot >= Slots)
        {
            return false;
        }

        ulong bit = 1UL << (int)(slot % 64);
        if (isUsed)
        {
            Interlocked.Or(ref _slots[slot / 64], bit);
        }
        else
        {
            Interlocked.And(ref _slots[slot / 64], ~bit);
        }

        return true;
    }

    private static void Install()
    {
        SignalAction action;
        const int Expected = PassesInformation | RunsOnOwnStack;
        if (sigaction(SegmentationFault, null, &action) != 0 || (action.Flags & Expected) != Expected || !IsOfRuntime(action.Handler))
        {
            return;
        }

        _slots = (ulong*)NativeMemory.AllocZeroed(Slots / 64, sizeof(ulong));
        byte[] code = Code((nint)_slots, action.Handler);
        byte* place = mmap(null, (nuint)Environment.SystemPageSize, ProtectReadWrite, MapPrivateAnonymous, -1, 0);
        if (place == (byte*)-1)
        {
            return;
        }

        code.CopyTo(new Span<byte>(place, code.Length));
        action.Handler = (nint)place;
        if (mprotect(place, (nuint)Environment.SystemPageSize, ProtectReadExecute) == 0 && sigaction(SegmentationFault, &action, null) == 0)
        {
            _handler = (nint)place;
        }
    }

    /// <summary>Whether the code at an address belongs to .NET's runtime: what others would make of an address that was changed is not known.</summary>
    private static bool IsOfRuntime(nint address)
    {
        try
        {
            foreach (string line in File.ReadLines("/proc/self/maps"))
            {
                // start-end rights offset device inode path
                string[] parts = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
                string[] ends = parts[0].Split('-');
                if (Hexadecimal(ends[0]) <= (ulong)address && (ulong)address < Hexadecimal(ends[1]))
                {
                    // A program in one file has the runtime in itself.
                    return parts.Length == 6 && (Path.GetFileName(parts[5]) == "libcoreclr.so" || parts[5] == Environment.ProcessPath);
                }
            }

            return false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static ulong Hexadecimal(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>The handler, called as the system calls one that takes information: number, information and context in rdi, rsi and rdx.</summary>
    private static byte[] Code(nint slots, nint next)
    {
        byte[] code =
        [
            0xF3, 0x0F, 0x1E, 0xFA,                          // endbr64
            0x83, 0x7E, 0x08, 0x00,                          // cmp dword [rsi+8], 0        si_code: sent by somebody, not by a fault?
            0x7E, 0x34,                                      // jle next
            0x48, 0x8B, 0x46, 0x10,                          // mov rax, [rsi+16]           si_addr
            0x48, 0x89, 0xC1,                                // mov rcx, rax
            0x48, 0xC1, 0xE9, SlotBits,                      // shr rcx, SlotBits
            0x48, 0x81, 0xF9, 0x00, 0x00, 0x00, 0x00,        // cmp rcx, Slots
            0x73, 0x20,                                      // jae next
            0x49, 0xBA, 0, 0, 0, 0, 0, 0, 0, 0,              // mov r10, slots
            0x49, 0x0F, 0xA3, 0x0A,                          // bt [r10], rcx
            0x73, 0x10,                                      // jnc next
            0x48, 0xC1, 0xE1, SlotBits,                      // shl rcx, SlotBits
            0x48, 0x89, 0x41, NoteOffset,                    // mov [rcx+NoteOffset], rax
            0x48, 0xC7, 0x46, 0x10, 0, 0, 0, 0,              // mov qword [rsi+16], 0
            0x49, 0xBB, 0, 0, 0, 0, 0, 0, 0, 0,              // next: mov r11, next
            0x41, 0xFF, 0xE3,                                // jmp r11
        ];
        BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(24), Slots);
        BinaryPrimitives.WriteInt64LittleEndian(code.AsSpan(32), slots);
        BinaryPrimitives.WriteInt64LittleEndian(code.AsSpan(code.Length - 11), next);
        return code;
    }

    /// <summary>What glibc and musl call <c>struct sigaction</c> on x64; the mask and the restorer are passed on as they are.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 152)]
    private struct SignalAction
    {
        [FieldOffset(0)]
        public nint Handler;

        [FieldOffset(136)]
        public int Flags;
    }

    [LibraryImport("libc")]
    private static partial int sigaction(int number, SignalAction* action, SignalAction* old);

    [LibraryImport("libc")]
    private static partial byte* mmap(byte* address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc")]
    private static partial int mprotect(byte* address, nuint length, int protection);
}
