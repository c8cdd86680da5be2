using System.Globalization;
using System.Text;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Components.Writing;

/// <summary>
/// Functions that a module imports before they can exist, because they need the module's memory. The module is given others of the same types, which call
/// through a table; when all is there, a second module fills the table.
/// </summary>
internal sealed class LateFunctions
{
    /// <summary>Name of the table, in both modules.</summary>
    public const string Table = "$imports";

    private readonly List<FunctionType> _types = [];

    public int Count => _types.Count;

    /// <summary>Adds a function and gives its place in the table, which is also the name of the function that calls it.</summary>
    public int Add(FunctionType type)
    {
        _types.Add(type);
        return _types.Count - 1;
    }

    public static string NameOf(int slot) => slot.ToString(CultureInfo.InvariantCulture);

    /// <summary>The module with the functions that call through the table, and the table.</summary>
    public byte[] Callers()
    {
        StringBuilder text = new("(module\n");
        text.Append(CultureInfo.InvariantCulture, $"(table (export \"{Table}\") {_types.Count} {_types.Count} funcref)\n");
        for (int slot = 0; slot < _types.Count; slot++)
        {
            text.Append(CultureInfo.InvariantCulture, $"(func (export \"{slot}\") {Signature(_types[slot])}");
            for (int i = 0; i < _types[slot].Parameters.Length; i++)
            {
                text.Append(CultureInfo.InvariantCulture, $" local.get {i}");
            }

            text.Append(CultureInfo.InvariantCulture, $" i32.const {slot} call_indirect {Signature(_types[slot])})\n");
        }

        return WatText.ToBinary(text.Append(')').ToString());
    }

    /// <summary>The module that fills the table from its imports, and then calls functions that set the others up.</summary>
    /// <param name="initializers">How many functions it calls: its imports <c>start0</c>, <c>start1</c> and so on.</param>
    public byte[] Filler(int initializers)
    {
        StringBuilder text = new("(module\n");
        for (int slot = 0; slot < _types.Count; slot++)
        {
            text.Append(CultureInfo.InvariantCulture, $"(import \"\" \"{slot}\" (func {Signature(_types[slot])}))\n");
        }

        for (int i = 0; i < initializers; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"(import \"\" \"start{i}\" (func))\n");
        }

        if (_types.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"(import \"\" \"{Table}\" (table {_types.Count} {_types.Count} funcref))\n(elem (i32.const 0) func");
            for (int slot = 0; slot < _types.Count; slot++)
            {
                text.Append(CultureInfo.InvariantCulture, $" {slot}");
            }

            text.Append(")\n");
        }

        if (initializers > 0)
        {
            text.Append("(func $start");
            for (int i = 0; i < initializers; i++)
            {
                text.Append(CultureInfo.InvariantCulture, $" call {_types.Count + i}");
            }

            text.Append(")\n(start $start)");
        }

        return WatText.ToBinary(text.Append(')').ToString());
    }

    private static string Signature(FunctionType type) =>
        (type.Parameters.IsEmpty ? "" : $"(param {string.Join(' ', type.Parameters)})")
        + (type.Results.IsEmpty ? "" : $"(result {string.Join(' ', type.Results)})");
}
