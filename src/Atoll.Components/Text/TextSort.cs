using Atoll.Wasm.Text;

namespace Atoll.Components.Text;

/// <summary>What an index space numbers (Explainer, "Index Spaces"); the last five are those of components, the others of core modules.</summary>
internal enum TextSort
{
    CoreFunction,
    CoreTable,
    CoreMemory,
    CoreGlobal,
    CoreTag,
    CoreType,
    CoreModule,
    CoreInstance,
    Function,
    Value,
    Type,
    Component,
    Instance,
}

/// <summary>The sorts' words and bytes ("Instance Definitions" of both the Explainer and Binary).</summary>
internal static class TextSorts
{
    public const int Count = (int)TextSort.Instance + 1;

    public static bool IsCore(this TextSort sort) => sort < TextSort.Function;

    /// <summary>Whether an outer alias may lead to it: whether it has no state.</summary>
    public static bool IsStateless(this TextSort sort) => sort is TextSort.CoreType or TextSort.CoreModule or TextSort.Type or TextSort.Component;

    /// <summary>The byte of a core sort.</summary>
    public static byte CoreCode(this TextSort sort) => sort switch
    {
        TextSort.CoreType => 0x10,
        TextSort.CoreModule => 0x11,
        TextSort.CoreInstance => 0x12,
        _ => (byte)sort,
    };

    public static void Write(this TextSort sort, ByteBuffer output)
    {
        if (sort.IsCore())
        {
            output.Byte(0);
            output.Byte(sort.CoreCode());
        }
        else
        {
            output.Byte((byte)(1 + (sort - TextSort.Function)));
        }
    }

    /// <summary>The words for it in messages.</summary>
    public static string Words(this TextSort sort) => sort switch
    {
        TextSort.CoreFunction => "core func",
        TextSort.Function => "func",
        < TextSort.Function => "core " + sort.ToString()[4..].ToLowerInvariant(),
        _ => sort.ToString().ToLowerInvariant(),
    };

    /// <summary>Reads the word of a sort, after <c>core</c> if it is there.</summary>
    public static TextSort ExpectSort(this TextCursor cursor) =>
        cursor.TryKeyword("core"u8) ? cursor.ExpectCoreSort()
        : cursor.TryKeyword("func"u8) ? TextSort.Function
        : cursor.TryKeyword("value"u8) ? TextSort.Value
        : cursor.TryKeyword("type"u8) ? TextSort.Type
        : cursor.TryKeyword("component"u8) ? TextSort.Component
        : cursor.TryKeyword("instance"u8) ? TextSort.Instance
        : throw cursor.Unexpected("core, func, value, type, component or instance");

    /// <summary>Reads the word of a core sort.</summary>
    public static TextSort ExpectCoreSort(this TextCursor cursor) =>
        cursor.TryKeyword("func"u8) ? TextSort.CoreFunction
        : cursor.TryKeyword("table"u8) ? TextSort.CoreTable
        : cursor.TryKeyword("memory"u8) ? TextSort.CoreMemory
        : cursor.TryKeyword("global"u8) ? TextSort.CoreGlobal
        : cursor.TryKeyword("tag"u8) ? TextSort.CoreTag
        : cursor.TryKeyword("type"u8) ? TextSort.CoreType
        : cursor.TryKeyword("module"u8) ? TextSort.CoreModule
        : cursor.TryKeyword("instance"u8) ? TextSort.CoreInstance
        : throw cursor.Unexpected("func, table, memory, global, tag, type, module or instance");
}
