using System.Buffers.Binary;
using System.Text;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Spec.Tests;

/// <summary>Real programs from npm packages, called as their JavaScript calls them; none needs WASI to do its work.</summary>
public sealed class PackagedProgramTests
{
    /// <summary>The second time the module is written as text and read back before it runs.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gofmt_formats_go(bool fromText)
    {
        using Program program = new("gofmt", fromText: fromText);
        string folder = Path.Combine(SpecData.Root(), "programs", "npm", "expected", "gofmt");
        byte[] input = File.ReadAllBytes(Path.Combine(folder, "in.go"));
        program.Call("_initialize");
        int address = program.Int("alloc", input.Length);
        program.Write(address, input);
        Assert.Equal(1, program.Int("format"));
        Assert.Equal(File.ReadAllText(Path.Combine(folder, "out.go")), program.Read(program.Int("output_ptr"), program.Int("output_len")));
    }

    [Fact]
    public void Dprint_formats_json()
    {
        string folder = Path.Combine(SpecData.Root(), "programs", "npm", "expected", "dprint-json");
        string formatted = Dprint("dprint-json", "/test.json", File.ReadAllText(Path.Combine(folder, "in.json")));
        Assert.Equal(File.ReadAllText(Path.Combine(folder, "out.json")), formatted);
    }

    [Fact]
    public void Dprint_formats_toml() => Assert.Equal("[a]\nb = 1\n", Dprint("dprint-toml", "/test.toml", "[a]\nb   =    1"));

    [Fact]
    public void Source_map_reads_mappings()
    {
        List<Value[]> mappings = [];
        using Program program = new("source-map", (_, arguments) => mappings.Add(arguments));
        byte[] text = "AAAA,IAEE;CAAC"u8.ToArray();
        int buffer = program.Int("allocate_mappings", text.Length);
        program.Write(buffer, text);
        int parsed = program.Int("parse_mappings", buffer);
        Assert.NotEqual(0, parsed);
        program.Call("by_generated_location", parsed);
        // generated line and column of each mapping
        Assert.Equal([(0, 0), (0, 4), (1, 1)], mappings.Select(m => (m[0].AsI32(), m[1].AsI32())));
        program.Call("free_mappings", parsed);
    }

    [Fact]
    public void Sqlite_answers_a_query()
    {
        using Program program = new("sqlite-sqljs-debug");
        program.Call("emscripten_stack_init");
        program.Call("__set_stack_limits", program.Int("emscripten_stack_get_base"), program.Int("emscripten_stack_get_end"));
        program.Call("__wasm_call_ctors");
        int slot = program.Int("malloc", 4);
        Assert.Equal(0, program.Int("sqlite3_open", program.Text(":memory:"), slot));
        int database = program.Word(slot);
        const string Fill = "create table t(n integer, s text); with recursive c(x) as (select 1 union all select x+1 from c where x<5000) "
            + "insert into t select x, printf('%05d', (x*7919)%5000) from c; create index i on t(s);";
        Assert.Equal(0, program.Int("sqlite3_exec", database, program.Text(Fill), 0, 0, 0));
        const string Query = "select count(*) || ':' || sum(n) || ':' || max(s) || ':' || group_concat(n) from (select * from t where s < '00003' order by s)";
        int length = Encoding.UTF8.GetByteCount(Query);
        Assert.Equal(0, program.Int("sqlite3_prepare_v2", database, program.Text("select count(*)||':'||sum(n)||':'||max(s) from t"), -1, slot, 0));
        int statement = program.Word(slot);
        Assert.Equal(100, program.Int("sqlite3_step", statement));
        Assert.Equal("5000:12502500:04999", program.ReadText(program.Int("sqlite3_column_text", statement, 0)));
        Assert.Equal(101, program.Int("sqlite3_step", statement));
        Assert.Equal(0, program.Int("sqlite3_finalize", statement));
        Assert.Equal(0, program.Int("sqlite3_prepare_v2", database, program.Text(Query), length, slot, 0));
        statement = program.Word(slot);
        Assert.Equal(100, program.Int("sqlite3_step", statement));
        // 7919 x = 0, 1, 2 (mod 5000): x = 5000 and the multiples of the inverse of 7919.
        int inverse = Enumerable.Range(1, 5000).Single(x => (long)x * 7919 % 5000 == 1);
        int[] expected = [5000, inverse, 2 * inverse % 5000];
        Assert.Equal($"3:{expected.Sum()}:00002:{string.Join(',', expected)}", program.ReadText(program.Int("sqlite3_column_text", statement, 0)));
        Assert.Equal(0, program.Int("sqlite3_finalize", statement));
        Assert.Equal(0, program.Int("sqlite3_close_v2", database));
    }

    [Fact]
    public void Tree_sitter_gives_its_language()
    {
        using Program program = new("tree-sitter-json");
        program.Call("__wasm_apply_data_relocs");
        program.Call("__wasm_call_ctors");
        int language = program.Int("tree_sitter_json");
        // The first field of the language is the version of its format.
        Assert.InRange(program.Word(language), 13, 15);
    }

    [Theory]
    [InlineData("argon2")]
    [InlineData("onig")]
    public void It_loads_and_starts(string name)
    {
        using Program program = new(name);
        Assert.NotEmpty(program.Instance.Exports);
        if (name == "onig")
        {
            program.Call("__wasm_call_ctors");
            Assert.NotEqual(0, program.Int("malloc", 100));
        }
    }

    private static string Dprint(string name, string file, string text)
    {
        using Program program = new(name);
        Send("{\"global\":{},\"plugin\":{}}");
        program.Call("register_config", 1);
        Send(file);
        program.Call("set_file_path");
        Send(text);
        Assert.Equal(1, program.Int("format", 1));
        int length = program.Int("get_formatted_text");
        return program.Read(program.Int("get_shared_bytes_ptr"), length);

        void Send(string message)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(message);
            program.Call("clear_shared_bytes", bytes.Length);
            program.Write(program.Int("get_shared_bytes_ptr"), bytes);
        }
    }

    /// <summary>An instance with a host for each of its imports: functions give zero, system calls give "not implemented".</summary>
    private sealed class Program : IDisposable
    {
        private const int NotImplemented = -52;

        private readonly Store _store;

        public Program(string name, Action<string, Value[]>? called = null, bool fromText = false)
        {
            WasmEngine engine = new();
            byte[] binary = File.ReadAllBytes(Path.Combine(SpecData.Root(), "programs", "npm", name + ".wasm"));
            if (fromText)
            {
                using StringWriter text = new();
                WatText.Print(binary, text);
                binary = WatText.ToBinary(text.ToString());
            }

            WasmModule module = engine.LoadModule(binary);
            _store = new Store(engine);
            Linker linker = new(engine);
            foreach (ModuleImport import in module.Imports)
            {
                switch (import.Type)
                {
                    case FunctionType type:
                        linker.DefineFunction(import.Module, import.Name, type, (_, arguments, results) => Answer(import.Name, type, arguments, results, called));
                        break;
                    case MemoryType type:
                        linker.Define(import.Module, import.Name, Imported = new Memory(_store, type));
                        break;
                    case TableType type:
                        linker.Define(import.Module, import.Name, new Table(_store, type, Value.FuncRef(null)));
                        break;
                    case GlobalType type:
                        linker.Define(import.Module, import.Name, new Global(_store, type, Value.I32(0)));
                        break;
                }
            }

            Instance = linker.Instantiate(_store, module);
        }

        public Instance Instance { get; }

        private Memory? Imported { get; }

        private Memory Memory => Instance.GetMemory("memory") ?? Imported!;

        public void Dispose() => _store.Dispose();

        public void Call(string function, params int[] arguments) => Instance.GetFunction(function)!.Invoke(Array.ConvertAll(arguments, Value.I32));

        public int Int(string function, params int[] arguments) =>
            Assert.Single(Instance.GetFunction(function)!.Invoke(Array.ConvertAll(arguments, Value.I32))).AsI32();

        public void Write(int address, ReadOnlySpan<byte> bytes) => bytes.CopyTo(Memory.GetSpan((uint)address, (uint)bytes.Length));

        public string Read(int address, int length) => Encoding.UTF8.GetString(Memory.GetSpan((uint)address, (uint)length));

        public int Word(int address) => BinaryPrimitives.ReadInt32LittleEndian(Memory.GetSpan((uint)address, 4u));

        /// <summary>A text that ends in a zero byte.</summary>
        public string ReadText(int address)
        {
            int length = 0;
            while (Memory.GetSpan((uint)(address + length), 1u)[0] != 0)
            {
                length++;
            }

            return Read(address, length);
        }

        /// <summary>Puts a text into the program's memory, with a zero byte at its end.</summary>
        public int Text(string text)
        {
            byte[] bytes = [.. Encoding.UTF8.GetBytes(text), 0];
            int address = Int("malloc", bytes.Length);
            Write(address, bytes);
            return address;
        }

        private static void Answer(string name, FunctionType type, ReadOnlySpan<Value> arguments, Span<Value> results, Action<string, Value[]>? called)
        {
            called?.Invoke(name, arguments.ToArray());
            if (name is "_abort_js" or "__assert_fail" or "__handle_stack_overflow")
            {
                throw new TrapException(TrapKind.Host, $"the program called {name}");
            }

            for (int i = 0; i < results.Length; i++)
            {
                results[i] = name.StartsWith("__syscall_", StringComparison.Ordinal) ? Value.I32(NotImplemented) : Value.Default(type.Results[i]);
            }
        }
    }
}
