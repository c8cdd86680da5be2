using System.Buffers.Binary;
using System.Text;
using Atoll.Components;
using Atoll.Wasi.Preview1;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Wasi.Tests.Preview1;

/// <summary>
/// A guest that exports the functions that it imports, so that a test calls them as a guest does, with pointers into the guest's memory.
/// </summary>
internal sealed class Probe : IDisposable
{
    /// <summary>All functions with their types in preview 1's witx, lowered: i for i32, l for i64.</summary>
    public static readonly (string Name, string Parameters)[] Functions =
    [
        ("args_get", "ii"), ("args_sizes_get", "ii"), ("environ_get", "ii"), ("environ_sizes_get", "ii"),
        ("clock_res_get", "ii"), ("clock_time_get", "ili"), ("fd_advise", "illi"), ("fd_allocate", "ill"), ("fd_close", "i"),
        ("fd_datasync", "i"), ("fd_fdstat_get", "ii"), ("fd_fdstat_set_flags", "ii"), ("fd_fdstat_set_rights", "ill"),
        ("fd_filestat_get", "ii"), ("fd_filestat_set_size", "il"), ("fd_filestat_set_times", "illi"), ("fd_pread", "iiili"),
        ("fd_prestat_get", "ii"), ("fd_prestat_dir_name", "iii"), ("fd_pwrite", "iiili"), ("fd_read", "iiii"), ("fd_readdir", "iiili"),
        ("fd_renumber", "ii"), ("fd_seek", "ilii"), ("fd_sync", "i"), ("fd_tell", "ii"), ("fd_write", "iiii"),
        ("path_create_directory", "iii"), ("path_filestat_get", "iiiii"), ("path_filestat_set_times", "iiiilli"), ("path_link", "iiiiiii"),
        ("path_open", "iiiiillii"), ("path_readlink", "iiiiii"), ("path_remove_directory", "iii"), ("path_rename", "iiiiii"),
        ("path_symlink", "iiiii"), ("path_unlink_file", "iii"), ("poll_oneoff", "iiii"), ("proc_raise", "i"), ("sched_yield", ""),
        ("random_get", "ii"), ("sock_accept", "iii"), ("sock_recv", "iiiiii"), ("sock_send", "iiiii"), ("sock_shutdown", "ii"),
    ];

    // Places in the guest's memory.
    public const int Path = 0x1000;
    public const int OtherPath = 0x1800;
    public const int Vector = 0x2000;
    public const int Buffer = 0x3000;
    public const int Result = 0x8000;

    private static readonly WasmEngine Engine = new();
    private static readonly Linker Linker = new Linker(Engine).AddWasiPreview1();
    private static readonly WasmModule Module = Engine.LoadModule(WatText.ToBinary(Source()));

    private readonly WasiContext _context;
    private readonly Store _store;
    private readonly Instance _instance;

    public Probe(Grants grants, StoreOptions? options = null, bool mayBlock = true)
    {
        _context = new WasiContext(grants.OnDecision(Decisions.Add));
        _store = new Store(Engine, (options ?? new StoreOptions()) with { State = _context, MayBlock = mayBlock });
        _instance = Linker.Instantiate(_store, Module);
    }

    public List<AccessDecision> Decisions { get; } = [];

    public Span<byte> Memory => _instance.GetMemory("memory")!.GetSpan(0UL, 65536);

    public Errno Call(string function, params ReadOnlySpan<Value> arguments) => (Errno)_instance.GetFunction(function)!.Invoke(arguments)[0].AsI32();

    public uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(Memory[at..]);

    public ulong U64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(Memory[at..]);

    public string Text(int at, int length) => Encoding.UTF8.GetString(Memory.Slice(at, length));

    /// <summary>Puts text into memory; gives its length.</summary>
    public int Put(int at, string text) => Encoding.UTF8.GetBytes(text, Memory[at..]);

    public void PutVector(int buffer, int length)
    {
        BinaryPrimitives.WriteInt32LittleEndian(Memory[Vector..], buffer);
        BinaryPrimitives.WriteInt32LittleEndian(Memory[(Vector + 4)..], length);
    }

    public Errno Write(int fd, string text)
    {
        PutVector(Buffer, Put(Buffer, text));
        return Call("fd_write", fd, Vector, 1, Result);
    }

    public Errno Read(int fd, out string text, int length = 100)
    {
        PutVector(Buffer, length);
        Errno error = Call("fd_read", fd, Vector, 1, Result);
        text = error == Errno.Success ? Text(Buffer, (int)U32(Result)) : "";
        return error;
    }

    public Errno Open(int fd, string path, Rights rights, OpenOptions options, out int opened)
    {
        Errno error = Call("path_open", fd, 1, Path, Put(Path, path), (int)options, (long)rights, -1L, 0, Result);
        opened = error == Errno.Success ? (int)U32(Result) : -1;
        return error;
    }

    /// <summary>Puts a subscription to a clock (flags 1: an absolute time) or, without a timeout, to a descriptor.</summary>
    public void PutSubscription(int index, ulong userData, byte kind, int target, ulong timeout = 0, ushort flags = 0)
    {
        Span<byte> at = Memory.Slice(Buffer + (index * 48), 48);
        at.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(at, userData);
        at[8] = kind;
        BinaryPrimitives.WriteInt32LittleEndian(at[16..], target);
        BinaryPrimitives.WriteUInt64LittleEndian(at[24..], timeout);
        BinaryPrimitives.WriteUInt16LittleEndian(at[40..], flags);
    }

    /// <summary>Polls; gives user data and error of each event.</summary>
    public (ulong UserData, Errno Error)[] Poll(int count)
    {
        Assert.Equal(Errno.Success, Call("poll_oneoff", Buffer, Result, count, Result - 8));
        (ulong, Errno)[] events = new (ulong, Errno)[U32(Result - 8)];
        for (int i = 0; i < events.Length; i++)
        {
            events[i] = (U64(Result + (i * 32)), (Errno)(U32(Result + (i * 32) + 8) & 0xFFFF));
        }

        return events;
    }

    public void Flush() => Assert.True(_context.Flush(TimeSpan.FromSeconds(30), default));

    public void Dispose()
    {
        _store.Dispose();
        _context.Dispose();
    }

    private static string Source()
    {
        StringBuilder source = new("(module ");
        foreach ((string name, string parameters) in Functions)
        {
            string types = string.Join(' ', parameters.Select(p => p == 'l' ? "i64" : "i32"));
            source.AppendLine($"""(import "wasi_snapshot_preview1" "{name}" (func ${name} (param {types}) (result i32)))""");
        }

        source.AppendLine("""(import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))""");
        foreach ((string name, _) in Functions)
        {
            source.AppendLine($"""(export "{name}" (func ${name}))""");
        }

        return source.Append("""(memory (export "memory") 1 1))""").ToString();
    }
}

/// <summary>preview 1's oflags.</summary>
[Flags]
internal enum OpenOptions
{
    None = 0,
    Create = 1,
    Directory = 2,
    Exclusive = 4,
    Truncate = 8,
}
