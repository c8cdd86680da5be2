using System.Collections.Immutable;

namespace Atoll.Wasm;

/// <summary>What a defined type describes (specification, "Composite Types").</summary>
internal enum CompositeKind : byte
{
    Function,
    Struct,
    Array,
}

/// <summary>A field of a structure, or the elements of an array (specification, "Field Types").</summary>
/// <param name="Storage">A value type, or a packed integer.</param>
/// <param name="IsMutable">Whether it can be written.</param>
internal readonly record struct FieldType(ValueType Storage, bool IsMutable)
{
    public override string ToString() => IsMutable ? $"(mut {Storage})" : Storage.ToString();
}

/// <summary>
/// A type that a module defines: one member of a recursion group (specification, "Defined Types"). There is one object for all equal types of
/// the process, so that equality is identity.
/// </summary>
internal sealed class DefinedType
{
    /// <summary>Longest chain of supertypes, as in the JavaScript interface's limits.</summary>
    public const int MaximumDepth = 63;

    // Keeps the types alive that this one refers to inside of its group.
    private readonly RecursionGroup _group;
    private FunctionType? _nullableResult;
    private FunctionType? _nonNullResult;

    internal DefinedType(RecursionGroup group, long id)
    {
        _group = group;
        Id = id;
    }

    /// <summary>A number that no other type of the process ever has.</summary>
    public long Id { get; }

    public bool IsFinal { get; private set; } = true;

    public DefinedType? Super { get; private set; }

    /// <summary>Number of supertypes.</summary>
    public int Depth { get; private set; }

    public CompositeKind Kind { get; private set; }

    /// <summary>Parameters and results; null for structures and arrays.</summary>
    public FunctionType? Function { get; private set; }

    /// <summary>A structure's fields, or the one kind of element of an array.</summary>
    public ImmutableArray<FieldType> Fields { get; private set; } = [];

    public FieldType Element => Fields[0];

    /// <summary>Where the fields of a structure lie; made at the first use, racing threads make equal ones.</summary>
    internal Execution.StructLayout? Layout { get; set; }

    /// <summary>The type with this number; null when no module has it any more.</summary>
    public static DefinedType? Find(long id) => TypeRegistry.Find(id);

    /// <summary>The type of functions that stands alone: final, without supertype, in a group of its own.</summary>
    public static DefinedType Of(FunctionType function) => function.Defined ??= RecursionGroup.Of(function);

    public void Define(bool isFinal, DefinedType? super, CompositeKind kind, FunctionType? function, ImmutableArray<FieldType> fields)
    {
        IsFinal = isFinal;
        Super = super;
        Depth = super is null ? 0 : super.Depth + 1;
        Kind = kind;
        Function = function;
        Fields = fields;
    }

    /// <summary>Whether this is the other type or declares it, directly or not, as its supertype. At most <see cref="MaximumDepth"/> steps.</summary>
    public bool IsSubtypeOf(DefinedType other)
    {
        DefinedType type = this;
        while (type.Depth > other.Depth)
        {
            type = type.Super!;
        }

        return ReferenceEquals(type, other);
    }

    /// <summary>The type of a block with one result of this type.</summary>
    public FunctionType AsResult(bool isNullable) => isNullable
        ? _nullableResult ??= new FunctionType([], [ValueType.ReferenceTo(this, true)])
        : _nonNullResult ??= new FunctionType([], [ValueType.ReferenceTo(this, false)]);

    /// <summary>One level deep, because types refer to themselves.</summary>
    public override string ToString() => Kind switch
    {
        CompositeKind.Function => $"func {Shallow(Function!)}",
        CompositeKind.Struct => $"struct {string.Join(' ', Fields.Take(8).Select(f => Shallow(f.Storage)))}{(Fields.Length > 8 ? " …" : "")}",
        _ => $"array {Shallow(Element.Storage)}",
    };

    private static string Shallow(FunctionType type) =>
        $"({string.Join(", ", type.Parameters.Take(8).Select(Shallow))}) -> ({string.Join(", ", type.Results.Take(8).Select(Shallow))})";

    private static string Shallow(ValueType type) => type.IsDefined ? $"(ref {(type.IsNullable ? "null " : "")}…)" : type.ToString();
}
