using System.Buffers.Binary;
using System.Text;
using Atoll.Wasm;

namespace Atoll.Bench;

/// <summary>SQLite of sql.js in this engine. Its JavaScript is not used: nothing that the statements do depends on the outside.</summary>
internal sealed class SqliteLibrary : IDisposable
{
    private const int Row = 100;
    private const int Done = 101;
    private const int NotImplemented = -52;

    private readonly Store _store;
    private readonly Memory _memory;
    private readonly Func<int, int> _malloc;
    private readonly Func<int, int, int, int, int, int> _prepare;
    private readonly Func<int, int> _step;
    private readonly Func<int, int> _finalize;
    private readonly Func<int, int> _columnCount;
    private readonly Func<int, int, int> _columnText;
    private readonly Func<int, int> _message;
    private readonly int _slot;
    private readonly int _database;

    public SqliteLibrary(WasmEngine engine, byte[] wasm, Dictionary<string, string> names)
    {
        WasmModule module = engine.LoadModule(wasm);
        _store = new Store(engine);
        Linker linker = new(engine);
        foreach (ModuleImport import in module.Imports)
        {
            FunctionType type = (FunctionType)import.Type;
            linker.DefineFunction(import.Module, import.Name, type, (_, arguments, results) =>
            {
                if (results.Length > 0)
                {
                    // As on the other side: functions of one parameter are those that may succeed (close, sync).
                    results[0] = arguments.Length > 1 ? Value.I32(NotImplemented) : Value.Default(type.Results[0]);
                }
            });
        }

        Instance instance = linker.Instantiate(_store, module);
        _memory = instance.GetMemory(names["memory"])!;
        _malloc = Get<Func<int, int>>("malloc");
        _prepare = Get<Func<int, int, int, int, int, int>>("sqlite3_prepare_v2");
        _step = Get<Func<int, int>>("sqlite3_step");
        _finalize = Get<Func<int, int>>("sqlite3_finalize");
        _columnCount = Get<Func<int, int>>("sqlite3_column_count");
        _columnText = Get<Func<int, int, int>>("sqlite3_column_text");
        _message = Get<Func<int, int>>("sqlite3_errmsg");
        Get<Action>("__wasm_call_ctors")();
        _slot = _malloc(4);
        if (Get<Func<int, int, int>>("sqlite3_open")(Text(":memory:"), _slot) != 0)
        {
            throw new InvalidOperationException("sqlite3_open failed");
        }

        _database = Word(_slot);

        TDelegate Get<TDelegate>(string name)
            where TDelegate : Delegate => instance.GetFunction(names[name])!.ToDelegate<TDelegate>();
    }

    /// <summary>Puts a text into the program's memory, with a zero byte at its end.</summary>
    public int Text(string text)
    {
        byte[] bytes = [.. Encoding.UTF8.GetBytes(text), 0];
        int address = _malloc(bytes.Length);
        bytes.CopyTo(_memory.GetSpan((uint)address, (uint)bytes.Length));
        return address;
    }

    /// <summary>Runs a statement; returns its cells.</summary>
    public string Execute(int sql)
    {
        Check(_prepare(_database, sql, -1, _slot, 0) == 0);
        int statement = Word(_slot);
        List<string> cells = [];
        int state;
        while ((state = _step(statement)) == Row)
        {
            int columns = _columnCount(statement);
            for (int i = 0; i < columns; i++)
            {
                cells.Add(Read(_columnText(statement, i)));
            }
        }

        Check(state == Done);
        _finalize(statement);
        return string.Join('|', cells);
    }

    public void Dispose() => _store.Dispose();

    private void Check(bool holds)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"SQLite says: {Read(_message(_database))}");
        }
    }

    private int Word(int address) => BinaryPrimitives.ReadInt32LittleEndian(_memory.GetSpan((uint)address, 4u));

    private string Read(int address)
    {
        if (address == 0)
        {
            return "null";
        }

        Span<byte> rest = _memory.GetSpan((uint)address, (uint)_memory.ByteLength - (uint)address);
        return Encoding.UTF8.GetString(rest[..rest.IndexOf((byte)0)]);
    }
}
