using System.Reflection;
using System.Reflection.Emit;
using Atoll.Components.Types;

namespace Atoll.Components.Abi.Adapters;

/// <summary>Lists and maps as arrays; the elements of a map are pairs.</summary>
internal sealed class ArrayShape(ComponentValueType type, ComponentValueType element, Type clr) : TypedShape(type, clr)
{
    private readonly HostShape _element = Of(element, clr.GetElementType()!);

    public override HostShape Element => _element;

    public override bool IsBulk => _element.IsBulk;

    public override LocalBuilder EmitToArray(AdapterEmitter code, LocalBuilder value) => value;

    public override void EmitFromArray(AdapterEmitter code, LocalBuilder array, LocalBuilder target)
    {
        code.Il.Emit(OpCodes.Ldloc, array);
        code.Il.Emit(OpCodes.Stloc, target);
    }
}

/// <summary>Lists of numbers as <see cref="ReadOnlyMemory{T}"/>, or where the host gives them, as <see cref="ReadOnlySpan{T}"/>.</summary>
internal sealed class SpanShape(ListType type, Type clr) : TypedShape(type, clr)
{
    private readonly HostShape _element = Of(type.Element, clr.GetGenericArguments()[0]);

    public override HostShape Element => _element;

    public override bool IsBulk => true;

    public static bool Fits(ListType type, Type clr) => type.Length is null && clr.IsGenericType
        && (clr.GetGenericTypeDefinition() == typeof(ReadOnlyMemory<>) || clr.GetGenericTypeDefinition() == typeof(ReadOnlySpan<>))
        && type.Element.Kind is >= ComponentValueKind.S8 and <= ComponentValueKind.F64 && NumberShape.ClrOf(type.Element.Kind) == clr.GetGenericArguments()[0];

    /// <summary>Gives the span of the elements.</summary>
    public LocalBuilder EmitSpan(AdapterEmitter code, LocalBuilder value)
    {
        if (Clr.GetGenericTypeDefinition() == typeof(ReadOnlySpan<>))
        {
            return value;
        }

        LocalBuilder span = code.Il.DeclareLocal(typeof(ReadOnlySpan<>).MakeGenericType(_element.Clr));
        code.Il.Emit(OpCodes.Ldloca, value);
        code.Il.Emit(OpCodes.Call, Clr.GetProperty(nameof(ReadOnlyMemory<>.Span))!.GetMethod!);
        code.Il.Emit(OpCodes.Stloc, span);
        return span;
    }

    /// <summary>For another .NET value, which may want each element.</summary>
    public override LocalBuilder EmitToArray(AdapterEmitter code, LocalBuilder value)
    {
        LocalBuilder span = EmitSpan(code, value);
        LocalBuilder array = code.Il.DeclareLocal(_element.Clr.MakeArrayType());
        code.Il.Emit(OpCodes.Ldloca, span);
        code.Il.Emit(OpCodes.Call, span.LocalType.GetMethod(nameof(ReadOnlySpan<>.ToArray))!);
        code.Il.Emit(OpCodes.Stloc, array);
        return array;
    }

    public override void EmitFromArray(AdapterEmitter code, LocalBuilder array, LocalBuilder target)
    {
        code.Il.Emit(OpCodes.Ldloc, array);
        code.Il.Emit(OpCodes.Newobj, Clr.GetConstructor([array.LocalType])!);
        code.Il.Emit(OpCodes.Stloc, target);
    }
}

/// <summary>Tuples as <see cref="ValueTuple"/>s; those of more than seven elements nest, as in C#.</summary>
internal sealed class TupleShape : TypedShape
{
    private const int PerTuple = 7;

    private readonly HostShape[] _fields;

    public TupleShape(TupleType type, Type clr)
        : base(type, clr)
    {
        Type[] elements = [.. ElementsOf(clr)!];
        _fields = [.. type.Elements.Select((element, i) => Of(element, elements[i]))];
    }

    public override HostShape[] Fields => _fields;

    public static bool Fits(TupleType type, Type clr) => ElementsOf(clr) is { } elements && elements.Count == type.Elements.Length;

    public override void EmitGetFields(AdapterEmitter code, LocalBuilder value, LocalBuilder[] targets)
    {
        for (int i = 0; i < targets.Length; i++)
        {
            Type tuple = Clr;
            code.Il.Emit(OpCodes.Ldloca, value);
            for (int depth = i / PerTuple; depth > 0; depth--)
            {
                FieldInfo rest = tuple.GetField("Rest")!;
                code.Il.Emit(OpCodes.Ldflda, rest);
                tuple = rest.FieldType;
            }

            code.Il.Emit(OpCodes.Ldfld, tuple.GetField($"Item{(i % PerTuple) + 1}")!);
            code.Il.Emit(OpCodes.Stloc, targets[i]);
        }
    }

    public override void EmitMakeRecord(AdapterEmitter code, LocalBuilder[] fields, LocalBuilder target)
    {
        Stack<Type> nested = new([Clr]);
        while (nested.Peek().GetField("Rest") is { } rest)
        {
            nested.Push(rest.FieldType);
        }

        foreach (LocalBuilder field in fields)
        {
            code.Il.Emit(OpCodes.Ldloc, field);
        }

        foreach (Type tuple in nested)
        {
            code.Il.Emit(OpCodes.Newobj, tuple.GetConstructor(tuple.GetGenericArguments())!);
        }

        code.Il.Emit(OpCodes.Stloc, target);
    }

    private static List<Type>? ElementsOf(Type clr)
    {
        List<Type> elements = [];
        while (clr.IsGenericType && clr.FullName!.StartsWith("System.ValueTuple`", StringComparison.Ordinal))
        {
            Type[] arguments = clr.GetGenericArguments();
            elements.AddRange(arguments.Take(PerTuple));
            if (arguments.Length <= PerTuple)
            {
                return elements;
            }

            clr = arguments[PerTuple];
        }

        return null;
    }
}
