using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Execution;

/// <summary>Whether a definition satisfies an import (specification, "Import Matching").</summary>
internal static class ImportMatching
{
    /// <summary>What is wrong, in the suite's words first; null when the definition fits.</summary>
    public static string? Mismatch(ImportDefinition import, object? definition)
    {
        string name = $"{import.Module}.{import.Name}";
        if (definition is null)
        {
            return $"unknown import {name} ({Describe(import.Type)})";
        }

        return Fits(import.Type, TypeOf(definition))
            ? null
            : $"incompatible import type for {name}: the module needs {Describe(import.Type)}, it is defined as {Describe(TypeOf(definition))}";
    }

    private static object TypeOf(object definition) => definition switch
    {
        HostDefinition host => host.Defined,
        Function function => function.Defined,
        Table table => table.Type,
        Memory memory => memory.Type,
        SharedMemory memory => memory.Type,
        Tag tag => tag.Type,
        _ => ((Global)definition).Type,
    };

    /// <summary>Whether something of one type satisfies an import of another; functions have their <see cref="DefinedType"/>.</summary>
    internal static bool Fits(object wanted, object type) => (wanted, type) switch
    {
        (DefinedType a, DefinedType b) => b.IsSubtypeOf(a),
        (GlobalType a, GlobalType b) => a == b || (!a.IsMutable && !b.IsMutable && b.Type.Matches(a.Type)),
        (TagType a, TagType b) => a == b,
        (MemoryType a, MemoryType b) => a.IndexType == b.IndexType && a.IsShared == b.IsShared && a.PageBytes == b.PageBytes
            && LimitsFit(a.Minimum, a.Maximum, b.Minimum, b.Maximum),
        (TableType a, TableType b) => a.Element == b.Element && a.IndexType == b.IndexType && LimitsFit(a.Minimum, a.Maximum, b.Minimum, b.Maximum),
        _ => false,
    };

    private static bool LimitsFit(ulong wantedMinimum, ulong? wantedMaximum, ulong minimum, ulong? maximum) =>
        minimum >= wantedMinimum && (wantedMaximum is null || (maximum is { } bound && bound <= wantedMaximum));

    private static string Describe(object type) => type.ToString()!;
}
