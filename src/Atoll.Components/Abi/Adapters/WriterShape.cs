using System.Buffers;
using System.Reflection;
using System.Reflection.Emit;
using Atoll.Components.Types;

namespace Atoll.Components.Abi.Adapters;

/// <summary>
/// A result that is written into a buffer of the host's, an <see cref="IBufferWriter{T}"/> that it gives with the arguments: a list of numbers, or a string as characters
/// or as bytes in UTF-8. The value's local holds the writer.
/// </summary>
internal sealed class WriterShape : TypedShape
{
    private readonly HostShape? _element;

    private WriterShape(ComponentValueType type, Type clr)
        : base(type, clr)
    {
        Item = clr.GetGenericArguments()[0];
        _element = type is ListType list ? Of(list.Element, Item) : null;
    }

    /// <summary>What is written.</summary>
    public Type Item { get; }

    public override HostShape Element => _element!;

    public override bool IsBulk => true;

    /// <summary>The shape for a type of parameters; null when it is no writer at all.</summary>
    /// <exception cref="ArgumentException">The writer does not take such values.</exception>
    public static WriterShape? Of(ComponentValueType type, ParameterInfo parameter)
    {
        Type clr = parameter.ParameterType;
        if (!clr.IsGenericType || clr.GetGenericTypeDefinition() != typeof(IBufferWriter<>))
        {
            return null;
        }

        Type item = clr.GetGenericArguments()[0];
        return type.Kind == ComponentValueKind.String && (item == typeof(byte) || item == typeof(char))
            || (type is ListType { Length: null } list && list.Element.Kind is >= ComponentValueKind.S8 and <= ComponentValueKind.F64 && NumberShape.ClrOf(list.Element.Kind) == item)
            ? new WriterShape(type, clr)
            : throw new ArgumentException($"{clr} does not take a {type.Kind.ToString().ToLowerInvariant()}: there are writers of lists of numbers, and of strings as bytes or characters");
    }

    /// <summary>Takes a guest's string; the end, the pointer and the length are on the stack.</summary>
    public void EmitWriteString(AdapterEmitter code, LocalBuilder writer)
    {
        code.Il.Emit(OpCodes.Ldloc, writer);
        code.Call(typeof(HostWriters), Item == typeof(byte) ? nameof(HostWriters.WriteUtf8) : nameof(HostWriters.WriteCharacters));
    }

    /// <summary>Takes the elements of a guest's list.</summary>
    public void EmitWriteList(AdapterEmitter code, LocalBuilder state, LocalBuilder address, LocalBuilder count, LocalBuilder writer)
    {
        code.Il.Emit(OpCodes.Ldloc, state);
        code.Il.Emit(OpCodes.Ldloc, address);
        code.Il.Emit(OpCodes.Ldloc, count);
        code.Il.Emit(OpCodes.Ldloc, writer);
        code.Il.Emit(OpCodes.Call, typeof(HostWriters).GetMethod(nameof(HostWriters.WriteList))!.MakeGenericMethod(Item));
    }

    public override void EmitFromString(AdapterEmitter code, LocalBuilder target)
    {
        code.Il.Emit(OpCodes.Ldloc, target);
        code.Call(typeof(HostWriters), Item == typeof(byte) ? nameof(HostWriters.WriteTextAsUtf8) : nameof(HostWriters.WriteText));
    }

    public override void EmitFromArray(AdapterEmitter code, LocalBuilder array, LocalBuilder target)
    {
        code.Il.Emit(OpCodes.Ldloc, array);
        code.Il.Emit(OpCodes.Ldloc, target);
        code.Il.Emit(OpCodes.Call, typeof(HostWriters).GetMethod(nameof(HostWriters.WriteArray))!.MakeGenericMethod(Item));
    }
}
