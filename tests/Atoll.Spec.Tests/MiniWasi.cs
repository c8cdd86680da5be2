using System.Buffers.Binary;
using System.Text;
using Atoll.Wasm;

namespace Atoll.Spec.Tests;

/// <summary>
/// The few functions of WASI preview 1 that benchmark programs call: output is kept, one folder can be read. It lets the engine's suites judge
/// real programs without the project's own WASI, whose suites judge that.
/// </summary>
internal sealed class MiniWasi(string folder)
{
    private const int Success = 0;
    private const int BadDescriptor = 8;
    private const int NoEntry = 44;
    private const int NotImplemented = 52;
    private const int Folder = 3;

    private const string Module = "wasi_snapshot_preview1";

    private readonly Dictionary<int, MemoryStream> _files = [];
    private int _next = Folder + 1;

    public MemoryStream Output { get; } = new();

    public MemoryStream Errors { get; } = new();

    public void Define(Linker linker)
    {
        linker.DefineFunction(Module, "args_sizes_get", (Caller c, int count, int size) => Put(c, count, 0) | Put(c, size, 0));
        linker.DefineFunction(Module, "args_get", (int _, int _) => Success);
        linker.DefineFunction(Module, "environ_sizes_get", (Caller c, int count, int size) => Put(c, count, 0) | Put(c, size, 0));
        linker.DefineFunction(Module, "environ_get", (int _, int _) => Success);
        linker.DefineFunction(Module, "clock_time_get", (Caller c, int _, long _, int result) => Put(c, result, DateTime.UtcNow.Ticks * 100, 8));
        linker.DefineFunction(Module, "random_get", (Caller c, int address, int length) => Fill(c, address, length));
        linker.DefineFunction(Module, "poll_oneoff", (int _, int _, int _, int _) => NotImplemented);
        linker.DefineFunction(Module, "proc_exit", Exit);
        linker.DefineFunction(Module, "fd_write", Write);
        linker.DefineFunction(Module, "fd_read", Read);
        linker.DefineFunction(Module, "fd_seek", Seek);
        linker.DefineFunction(Module, "fd_close", (int fd) => _files.Remove(fd) || fd <= Folder ? Success : BadDescriptor);
        linker.DefineFunction(Module, "fd_fdstat_get", Describe);
        linker.DefineFunction(Module, "fd_filestat_get", (Caller c, int fd, int result) => _files.TryGetValue(fd, out MemoryStream? file) ? Stat(c, result, file.Length) : BadDescriptor);
        linker.DefineFunction(Module, "fd_prestat_get", (Caller c, int fd, int result) => fd == Folder ? Put(c, result, 1L << 32, 8) : BadDescriptor);
        linker.DefineFunction(Module, "fd_prestat_dir_name", (Caller c, int fd, int address, int _) => fd == Folder ? Put(c, address, '.', 1) : BadDescriptor);
        linker.DefineFunction(Module, "path_filestat_get", (Caller c, int _, int _, int path, int length, int result) =>
            Find(c, path, length) is { } file ? Stat(c, result, file.Length) : NoEntry);
        linker.DefineFunction(Module, "path_open", Open);
    }

    private static int Put(Caller caller, int address, long value, int bytes = 4)
    {
        Span<byte> wide = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(wide, value);
        wide[..bytes].CopyTo(caller.Memory.GetSpan((uint)address, (uint)bytes));
        return Success;
    }

    private static int Fill(Caller caller, int address, int length)
    {
        caller.Memory.GetSpan((uint)address, (uint)length).Fill(0x5A);
        return Success;
    }

    private static void Exit(int code) => throw new GuestExitException(code);

    private static (int Address, int Length) Buffer(Caller caller, int vectors, int index)
    {
        Span<byte> vector = caller.Memory.GetSpan((uint)(vectors + (index * 8)), 8u);
        return (BinaryPrimitives.ReadInt32LittleEndian(vector), BinaryPrimitives.ReadInt32LittleEndian(vector[4..]));
    }

    private int Write(Caller caller, int fd, int vectors, int count, int result)
    {
        if (fd is not (1 or 2))
        {
            return BadDescriptor;
        }

        int written = 0;
        for (int i = 0; i < count; i++)
        {
            (int address, int length) = Buffer(caller, vectors, i);
            (fd == 1 ? Output : Errors).Write(caller.Memory.GetSpan((uint)address, (uint)length));
            written += length;
        }

        return Put(caller, result, written);
    }

    private int Read(Caller caller, int fd, int vectors, int count, int result)
    {
        if (!_files.TryGetValue(fd, out MemoryStream? file))
        {
            return fd == 0 ? Put(caller, result, 0) : BadDescriptor;
        }

        int read = 0;
        for (int i = 0; i < count; i++)
        {
            (int address, int length) = Buffer(caller, vectors, i);
            read += file.Read(caller.Memory.GetSpan((uint)address, (uint)length));
        }

        return Put(caller, result, read);
    }

    private int Seek(Caller caller, int fd, long offset, int whence, int result) => _files.TryGetValue(fd, out MemoryStream? file)
        ? Put(caller, result, file.Seek(offset, (SeekOrigin)whence), 8)
        : BadDescriptor;

    private int Describe(Caller caller, int fd, int result)
    {
        // Type of the file (2 character device, 3 directory, 4 file), then flags, then rights: all of them.
        int type = fd < Folder ? 2 : fd == Folder ? 3 : _files.ContainsKey(fd) ? 4 : 0;
        if (type == 0)
        {
            return BadDescriptor;
        }

        // All rights: a character device without the right to seek is a terminal to C libraries, which then buffer by lines.
        return Put(caller, result, type, 8) | Put(caller, result + 8, -1, 8) | Put(caller, result + 16, -1, 8);
    }

    private static int Stat(Caller caller, int result, long size)
    {
        caller.Memory.GetSpan((uint)result, 64u).Clear();
        return Put(caller, result + 16, 4, 1) | Put(caller, result + 24, 1, 8) | Put(caller, result + 32, size, 8);
    }

    private MemoryStream? Find(Caller caller, int path, int length)
    {
        string name = Encoding.UTF8.GetString(caller.Memory.GetSpan((uint)path, (uint)length));
        string file = Path.Combine(folder, Path.GetFileName(name));
        return File.Exists(file) ? new MemoryStream(File.ReadAllBytes(file)) : null;
    }

    private int Open(Caller caller, int fd, int flags, int path, int length, int create, long rights, long inherited, int mode, int result)
    {
        if (fd != Folder || Find(caller, path, length) is not { } file)
        {
            return fd != Folder ? BadDescriptor : NoEntry;
        }

        _files.Add(_next, file);
        return Put(caller, result, _next++);
    }
}
