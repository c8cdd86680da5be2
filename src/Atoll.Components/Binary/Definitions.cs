using System.Collections.Immutable;
using Atoll.Components.Types;
using Atoll.Wasm;
using Atoll.Wasm.Binary;

namespace Atoll.Components.Binary;

/// <summary>What an index can be of ("Binary Format", <c>sort</c>); core sorts first.</summary>
internal enum Sort
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

/// <summary>An index with what it is of.</summary>
internal readonly record struct SortIndex(Sort Sort, int Index);

/// <summary>A decoded component: its definitions in the order in which they stand, because each may use those before it.</summary>
internal sealed class ComponentDefinition
{
    /// <summary>The bytes that all offsets and ranges count in: those of the outermost component.</summary>
    public required byte[] Bytes { get; init; }

    /// <summary>Offset of the first byte of its preamble.</summary>
    public required int Start { get; init; }

    public List<Definition> Definitions { get; } = [];

    /// <summary>Imports and exports. Set by validation.</summary>
    public ComponentType? Type { get; set; }
}

/// <summary>One entry of a component. What the validator finds out is kept here too, for those who instantiate.</summary>
internal abstract class Definition
{
    /// <summary>Where it stands in the bytes of the outermost component.</summary>
    public required int Offset { get; init; }
}

internal sealed class CoreModuleEntry : Definition
{
    /// <summary>The module; it has a copy of its bytes, so that the component's can go.</summary>
    public required ModuleDefinition Module { get; init; }

    /// <summary>Set by validation.</summary>
    public CoreModuleType? Type { get; set; }
}

/// <param name="Name">First part of the names of the imports that it satisfies.</param>
/// <param name="Instance">Index of a core instance.</param>
internal readonly record struct CoreArgument(string Name, int Instance);

/// <param name="Name">Its name.</param>
/// <param name="Item">A function, table, memory, global or tag.</param>
internal readonly record struct CoreInlineExport(string Name, SortIndex Item);

/// <summary>A core instance: of a module (<see cref="Module"/> is not negative) or of exports that are listed.</summary>
internal sealed class CoreInstanceEntry : Definition
{
    public int Module { get; init; } = -1;

    public CoreArgument[] Arguments { get; init; } = [];

    public CoreInlineExport[] Exports { get; init; } = [];

    /// <summary>Exports by name. Set by validation.</summary>
    public IReadOnlyDictionary<string, CoreItem>? Type { get; set; }
}

/// <summary>Core types: those of one recursion group, or one type of modules. Resolved by the decoder.</summary>
internal sealed class CoreTypeEntry : Definition
{
    public ImmutableArray<DefinedType> Group { get; init; } = [];

    public CoreModuleType? Module { get; init; }
}

internal sealed class ComponentEntry : Definition
{
    public required ComponentDefinition Component { get; init; }
}

/// <param name="Name">Name of the import that it satisfies.</param>
/// <param name="Item">What it is.</param>
internal readonly record struct InstantiationArgument(string Name, SortIndex Item);

/// <param name="Name">Its name.</param>
/// <param name="Item">What it is.</param>
internal readonly record struct InlineExport(ExternName Name, SortIndex Item);

/// <summary>An instance: of a component (<see cref="Component"/> is not negative) or of exports that are listed.</summary>
internal sealed class InstanceEntry : Definition
{
    public int Component { get; init; } = -1;

    public InstantiationArgument[] Arguments { get; init; } = [];

    public InlineExport[] Exports { get; init; } = [];

    /// <summary>Set by validation.</summary>
    public InstanceType? Type { get; set; }
}

internal enum AliasTarget
{
    /// <summary>An export of an instance.</summary>
    Export,

    /// <summary>An export of a core instance.</summary>
    CoreExport,

    /// <summary>An entry of an enclosing component.</summary>
    Outer,
}

/// <summary>Another index for something that exists.</summary>
internal sealed class AliasEntry : Definition
{
    public required Sort Sort { get; init; }

    public required AliasTarget Target { get; init; }

    /// <summary>Index of the instance; for <see cref="AliasTarget.Outer"/> the number of components to go outward.</summary>
    public required int Instance { get; init; }

    /// <summary>Name of the export.</summary>
    public string Name { get; init; } = "";

    /// <summary>Index in the enclosing component.</summary>
    public int Index { get; init; }

    /// <summary>The core type that it denotes, where it denotes one: a <see cref="DefinedType"/> or a <see cref="CoreModuleType"/>. Set by the decoder.</summary>
    public object? CoreType { get; init; }

    /// <summary>Type of what it denotes, or the type that it denotes: a <see cref="TypeNode"/>, or a type of the engine. Set by validation.</summary>
    public object? Type { get; set; }
}

internal sealed class TypeEntry : Definition
{
    public required TypeSyntax Syntax { get; init; }

    /// <summary>Set by validation.</summary>
    public DefinableType? Type { get; set; }
}

/// <summary>The start function, called with values.</summary>
internal sealed class StartEntry : Definition
{
    public required int Function { get; init; }

    public required int[] Arguments { get; init; }

    public required int Results { get; init; }

    /// <summary>Set by validation.</summary>
    public ComponentFunctionType? Type { get; set; }
}

internal sealed class ImportEntry : Definition
{
    public required ExternName Name { get; init; }

    public required ExternSyntax Syntax { get; init; }

    /// <summary>Set by validation.</summary>
    public ComponentItem? Item { get; set; }
}

/// <summary>An export; it adds what is exported, once more, to the index space.</summary>
internal sealed class ExportEntry : Definition
{
    public required ExternName Name { get; init; }

    public required SortIndex Target { get; init; }

    /// <summary>The type that it is given, or null: it keeps its own.</summary>
    public ExternSyntax? Ascribed { get; init; }

    /// <summary>Set by validation.</summary>
    public ComponentItem? Item { get; set; }
}

internal sealed class CustomEntry : Definition
{
    public required string Name { get; init; }

    public required ByteRange Content { get; init; }
}
