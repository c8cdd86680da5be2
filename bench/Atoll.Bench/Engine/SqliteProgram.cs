using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Bench;

/// <summary>
/// SQLite as a program that needs nothing: made from the library of an npm package, whose imports (the services of its JavaScript) become functions that give
/// zero, and which gets an entry that runs a batch of statements in memory. A wrong result is a trap.
/// </summary>
internal static partial class SqliteProgram
{
    private const string Name = ":memory:\0";

    /// <summary>The last statement overflows, which is an error, unless the sums are right.</summary>
    private const string Batch = """
        create table t(n integer, s text);
        with recursive c(x) as (select 1 union all select x+1 from c where x<30000) insert into t select x, printf('%05d', (x*7919)%30000) from c;
        create index i on t(s);
        create table u as select n%100 as g, count(*) as c, sum(n) as m from t group by n%100;
        update t set n = n + 1 where s < '05000';
        delete from t where n % 7 = 0;
        create index j on t(n);
        select case when (select count(*)||':'||sum(n)||':'||max(s) from t)||(select ':'||sum(c*m) from u join t on t.n = u.g)
          = '25713:385734422:29999:113396400000' then 1 else abs(-9223372036854775808) end;
        """ + "\0";

    public static byte[] Make()
    {
        using StringWriter printed = new(CultureInfo.InvariantCulture);
        WatText.Print(File.ReadAllBytes(Path.Combine(ConformanceData.Root, "programs", "npm", "sqlite-sqljs-debug.wasm")), printed);
        List<string> lines = [.. printed.ToString().Split('\n')];

        // Functions that are imported come first in the index space; so do those in their place.
        List<string> stubs = [];
        lines.RemoveAll(line =>
        {
            if (Import().Match(line) is not { Success: true } import)
            {
                return false;
            }

            string result = Result().Match(line) is { Success: true } type ? $" ({type.Groups[1].Value}.const 0)" : "";
            stubs.Add($"  (func {import.Groups[1].Value}{result})");
            return true;
        });
        lines.InsertRange(lines.FindIndex(line => line.StartsWith("  (func ", StringComparison.Ordinal)), stubs);
        Dictionary<string, string> exports = lines.Select(line => Export().Match(line)).Where(export => export.Success)
            .ToDictionary(export => export.Groups[1].Value, export => export.Groups[2].Value);
        lines.Insert(lines.LastIndexOf(")"), Entry(exports));
        return WatText.ToBinary(string.Join('\n', lines)).ToArray();
    }

    private static string Entry(Dictionary<string, string> exports)
    {
        byte[] text = Encoding.UTF8.GetBytes(Name + Batch);
        string data = string.Concat(text.Select(b => $"\\{b:x2}"));
        string Call(string function) => $"call {exports[function]}";
        return $"""
              (func $batch (local $room i32)
                ({Call("emscripten_stack_init")})
                ({Call("__set_stack_limits")} ({Call("emscripten_stack_get_base")}) ({Call("emscripten_stack_get_end")}))
                ({Call("__wasm_call_ctors")})
                (local.set $room ({Call("malloc")} (i32.const {text.Length + 16})))
                (memory.init $texts (i32.add (local.get $room) (i32.const 16)) (i32.const 0) (i32.const {text.Length}))
                (if ({Call("sqlite3_open")} (i32.add (local.get $room) (i32.const 16)) (local.get $room)) (then unreachable))
                (if ({Call("sqlite3_exec")} (i32.load (local.get $room)) (i32.add (local.get $room) (i32.const {16 + Name.Length})) (i32.const 0) (i32.const 0) (i32.const 0))
                  (then unreachable)))
              (export "_start" (func $batch))
              (data $texts "{data}")
            """;
    }

    [GeneratedRegex("""^  \(import "[^"]*" "[^"]*" \(func (.*)\)\)$""")]
    private static partial Regex Import();

    [GeneratedRegex(@"\(result (\w+)\)")]
    private static partial Regex Result();

    [GeneratedRegex("""\(export "([^"]+)" \(func (\d+)\)\)""")]
    private static partial Regex Export();
}
