using Atoll.Components.Types;

namespace Atoll.Components.Binary;

/// <summary>A value type as it is written: a primitive type, or an index.</summary>
/// <param name="Primitive">The primitive type, or null.</param>
/// <param name="Index">The index where there is no primitive type.</param>
internal readonly record struct ValueSyntax(PrimitiveType? Primitive, int Index);

/// <param name="Name">The label.</param>
/// <param name="Type">The type; a case may have none.</param>
internal readonly record struct LabelSyntax(string Name, ValueSyntax? Type);

/// <summary>A type as it is written, with indices not yet looked up.</summary>
internal abstract class TypeSyntax
{
    public required int Offset { get; init; }
}

/// <summary>A value type that is defined; which parts count is a matter of its kind.</summary>
internal sealed class ValueTypeSyntax : TypeSyntax
{
    public required ComponentValueKind Kind { get; init; }

    /// <summary>Fields of a record, cases of a variant, names of flags and enums.</summary>
    public LabelSyntax[] Labels { get; init; } = [];

    /// <summary>Elements of a tuple.</summary>
    public ValueSyntax[] Elements { get; init; } = [];

    /// <summary>The one type within: element, value, success, or key.</summary>
    public ValueSyntax? First { get; init; }

    /// <summary>The second: failure, or value of a map.</summary>
    public ValueSyntax? Second { get; init; }

    public uint? Length { get; init; }

    /// <summary>Index of a resource type.</summary>
    public int Resource { get; init; }
}

internal sealed class FunctionTypeSyntax : TypeSyntax
{
    public required bool IsAsync { get; init; }

    public required LabelSyntax[] Parameters { get; init; }

    public required ValueSyntax? Result { get; init; }
}

internal sealed class ResourceTypeSyntax : TypeSyntax
{
    public required Wasm.ValueType Representation { get; init; }

    /// <summary>Index of the core function that ends a resource, or -1.</summary>
    public required int Destructor { get; init; }
}

/// <summary>The type of an instance or, with imports, of a component: a list of declarations with index spaces of their own.</summary>
internal sealed class ScopeTypeSyntax : TypeSyntax
{
    public required bool IsComponent { get; init; }

    /// <summary>Core types, types, aliases, and exports and imports as declarations.</summary>
    public required List<Definition> Declarations { get; init; }
}

/// <summary>An export of a component or instance type.</summary>
internal sealed class ExportDeclaration : Definition
{
    public required ExternName Name { get; init; }

    public required ExternSyntax Syntax { get; init; }
}

/// <summary>A name with its attributes as they are written.</summary>
/// <param name="Name">The name.</param>
/// <param name="Offset">Where it stands.</param>
internal sealed record ExternName(string Name, int Offset)
{
    public string? Implements { get; init; }

    public string? VersionSuffix { get; init; }

    public string? ExternalId { get; init; }
}

internal enum BoundKind
{
    /// <summary>The index is that of a type.</summary>
    Index,

    /// <summary>A type: equal to the one that the index gives.</summary>
    TypeEqual,

    /// <summary>A type: any resource.</summary>
    AnyResource,

    /// <summary>A value: equal to the one that the index gives.</summary>
    ValueEqual,

    /// <summary>A value of a type.</summary>
    ValueOfType,
}

/// <summary>The type of an import or export as it is written (<c>externdesc</c>).</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Bound">How the type is given.</param>
/// <param name="Index">Index of a type, a core type for modules, or a value.</param>
/// <param name="Value">Type of a value.</param>
/// <param name="Offset">Where it stands.</param>
internal sealed record ExternSyntax(ComponentExternKind Kind, BoundKind Bound, int Index, ValueSyntax Value, int Offset);
