using Atoll.Components.Types;
using Atoll.Wasm.Text;

namespace Atoll.Components.Writing;

/// <summary>Value and function types to bytes ("Binary Format", <c>defvaltype</c> and <c>functype</c>).</summary>
/// <param name="scope">Gives indices to the types within.</param>
/// <param name="output">Takes the bytes of the definition.</param>
internal readonly struct ValueTypeWriter(TypeScope scope, ByteBuffer output)
{
    public void Define(ComponentFunctionType function)
    {
        output.Byte(function.IsAsync ? (byte)0x43 : (byte)0x40);
        output.Unsigned((uint)function.Parameters.Length);
        foreach (LabeledType parameter in function.Parameters)
        {
            output.Name(parameter.Name);
            Use(parameter.Type);
        }

        if (function.Result is { } result)
        {
            output.Byte(0x00);
            Use(result);
        }
        else
        {
            output.Byte(0x01);
            output.Byte(0x00);
        }
    }

    public void Define(ComponentValueType type)
    {
        switch (type)
        {
            case PrimitiveType primitive:
                output.Byte(Code(primitive));
                break;
            case RecordType record:
                output.Byte(0x72);
                output.Unsigned((uint)record.Fields.Length);
                foreach (LabeledType field in record.Fields)
                {
                    output.Name(field.Name);
                    Use(field.Type);
                }

                break;
            case VariantType variant:
                output.Byte(0x71);
                output.Unsigned((uint)variant.Cases.Length);
                foreach (VariantCase item in variant.Cases)
                {
                    output.Name(item.Name);
                    UseOptional(item.Type);
                    // Refinements are no longer there, their byte is.
                    output.Byte(0);
                }

                break;
            case TupleType tuple:
                output.Byte(0x6f);
                output.Unsigned((uint)tuple.Elements.Length);
                foreach (ComponentValueType element in tuple.Elements)
                {
                    Use(element);
                }

                break;
            case FlagsType flags:
                output.Byte(0x6e);
                Labels(flags.Names.AsSpan());
                break;
            case EnumType @enum:
                output.Byte(0x6d);
                Labels(@enum.Names.AsSpan());
                break;
            default:
                DefineOf(type);
                break;
        }
    }

    /// <summary>Types that are built of one or two others.</summary>
    private void DefineOf(ComponentValueType type)
    {
        switch (type)
        {
            case ListType { Length: null } list:
                output.Byte(0x70);
                Use(list.Element);
                break;
            case ListType list:
                output.Byte(0x67);
                Use(list.Element);
                output.Unsigned(list.Length!.Value);
                break;
            case OptionType option:
                output.Byte(0x6b);
                Use(option.Value);
                break;
            case ResultType result:
                output.Byte(0x6a);
                UseOptional(result.Ok);
                UseOptional(result.Error);
                break;
            case OwnType own:
                output.Byte(0x69);
                output.Unsigned((uint)scope.IndexOf(own.Resource));
                break;
            case BorrowType borrow:
                output.Byte(0x68);
                output.Unsigned((uint)scope.IndexOf(borrow.Resource));
                break;
            case StreamType stream:
                output.Byte(0x66);
                UseOptional(stream.Element);
                break;
            case FutureType future:
                output.Byte(0x65);
                UseOptional(future.Element);
                break;
            case MapType map:
                output.Byte(0x63);
                Use(map.Key);
                Use(map.Value);
                break;
            default:
                throw new InvalidOperationException($"no definition of {type.Kind}");
        }
    }

    private static byte Code(PrimitiveType type) =>
        type.Kind == ComponentValueKind.ErrorContext ? (byte)0x64 : (byte)(0x7f - (int)type.Kind);

    private void Use(ComponentValueType type)
    {
        if (type is PrimitiveType primitive)
        {
            output.Byte(Code(primitive));
        }
        else
        {
            output.Signed(scope.IndexOf(type));
        }
    }

    private void UseOptional(ComponentValueType? type)
    {
        output.Byte(type is null ? (byte)0 : (byte)1);
        if (type is not null)
        {
            Use(type);
        }
    }

    private void Labels(ReadOnlySpan<string> names)
    {
        output.Unsigned((uint)names.Length);
        foreach (string name in names)
        {
            output.Name(name);
        }
    }
}
