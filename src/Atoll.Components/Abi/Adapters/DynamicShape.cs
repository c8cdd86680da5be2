using System.Reflection.Emit;
using Atoll.Components.Types;

namespace Atoll.Components.Abi.Adapters;

/// <summary>Values as <see cref="ComponentValue"/>, whatever their type.</summary>
internal sealed class DynamicShape(ComponentValueType type) : HostShape(type, typeof(ComponentValue))
{
    private HostShape[]? _fields;

    public override HostShape[] Fields => _fields ??= [.. Layout.Fields(Type).Select(item => new DynamicShape(item))];

    public override HostShape Element => new DynamicShape(Type is MapType map ? map.Entry : ((ListType)Type).Element);

    public override bool IsBulk => false;

    public override HostShape Payload(int index) => new DynamicShape(Layout.Cases(Type)[index]!);

    public override void EmitToCore(AdapterEmitter code, LocalBuilder value)
    {
        code.Il.Emit(OpCodes.Ldloca, value);
        switch (Type)
        {
            case FlagsType flags:
                code.LoadConstant(flags);
                code.Call(typeof(DynamicValues), nameof(DynamicValues.FlagsOf));
                break;
            case EnumType names:
                code.LoadConstant(names);
                code.Call(typeof(DynamicValues), nameof(DynamicValues.EnumOf));
                break;
            default:
                code.Il.Emit(OpCodes.Ldc_I4, (int)Type.Kind);
                code.Call(typeof(DynamicValues), Type.Kind switch
                {
                    ComponentValueKind.S64 or ComponentValueKind.U64 => nameof(DynamicValues.LongOf),
                    ComponentValueKind.F32 => nameof(DynamicValues.FloatOf),
                    ComponentValueKind.F64 => nameof(DynamicValues.DoubleOf),
                    _ => nameof(DynamicValues.IntOf),
                });
                break;
        }
    }

    public override void EmitFromCore(AdapterEmitter code, LocalBuilder target)
    {
        switch (Type)
        {
            case FlagsType flags:
                code.LoadConstant(flags);
                code.Call(typeof(DynamicValues), nameof(DynamicValues.OfFlags));
                break;
            case EnumType names:
                code.LoadConstant(names);
                code.Call(typeof(DynamicValues), nameof(DynamicValues.OfEnum));
                break;
            default:
                code.Il.Emit(OpCodes.Ldc_I4, (int)Type.Kind);
                code.Call(typeof(DynamicValues), Type.Kind switch
                {
                    ComponentValueKind.S64 or ComponentValueKind.U64 => nameof(DynamicValues.OfLong),
                    ComponentValueKind.F32 => nameof(DynamicValues.OfFloat),
                    ComponentValueKind.F64 => nameof(DynamicValues.OfDouble),
                    _ => nameof(DynamicValues.OfInt),
                });
                break;
        }

        code.Il.Emit(OpCodes.Stloc, target);
    }

    public override void EmitToString(AdapterEmitter code, LocalBuilder value)
    {
        code.Il.Emit(OpCodes.Ldloca, value);
        code.Call(typeof(DynamicValues), Type.Kind == ComponentValueKind.String ? nameof(DynamicValues.StringOf) : nameof(DynamicValues.MessageOf));
    }

    public override void EmitFromString(AdapterEmitter code, LocalBuilder target)
    {
        code.Call(typeof(ComponentValue), Type.Kind == ComponentValueKind.String ? nameof(ComponentValue.String) : nameof(ComponentValue.ErrorContext));
        code.Il.Emit(OpCodes.Stloc, target);
    }

    public override void EmitToResource(AdapterEmitter code, LocalBuilder value)
    {
        code.Il.Emit(OpCodes.Ldloca, value);
        code.Call(typeof(DynamicValues), nameof(DynamicValues.ResourceOf));
    }

    public override void EmitFromResource(AdapterEmitter code, LocalBuilder target)
    {
        code.Call(typeof(ComponentValue), Type.Kind == ComponentValueKind.Own ? nameof(ComponentValue.Own) : nameof(ComponentValue.Borrow));
        code.Il.Emit(OpCodes.Stloc, target);
    }

    public override void EmitGetFields(AdapterEmitter code, LocalBuilder value, LocalBuilder[] targets)
    {
        LocalBuilder values = code.Local<ComponentValue[]>();
        code.Il.Emit(OpCodes.Ldloca, value);
        code.LoadConstant((ComponentValueType)Type);
        code.Call(typeof(DynamicValues), nameof(DynamicValues.FieldsOf));
        code.Il.Emit(OpCodes.Stloc, values);
        for (int i = 0; i < targets.Length; i++)
        {
            code.Il.Emit(OpCodes.Ldloc, values);
            code.Il.Emit(OpCodes.Ldc_I4, i);
            code.Il.Emit(OpCodes.Ldelem, typeof(ComponentValue));
            code.Il.Emit(OpCodes.Stloc, targets[i]);
        }
    }

    public override void EmitMakeRecord(AdapterEmitter code, LocalBuilder[] fields, LocalBuilder target)
    {
        if (Type is RecordType record)
        {
            code.LoadConstant(new ComponentValue.FieldNames([.. record.Fields.Select(field => field.Name)]));
        }

        code.Il.Emit(OpCodes.Ldc_I4, fields.Length);
        code.Il.Emit(OpCodes.Newarr, typeof(ComponentValue));
        for (int i = 0; i < fields.Length; i++)
        {
            code.Il.Emit(OpCodes.Dup);
            code.Il.Emit(OpCodes.Ldc_I4, i);
            code.Il.Emit(OpCodes.Ldloc, fields[i]);
            code.Il.Emit(OpCodes.Stelem, typeof(ComponentValue));
        }

        code.Call(typeof(ComponentValue), Type is RecordType ? nameof(ComponentValue.OfRecord) : nameof(ComponentValue.OfTuple));
        code.Il.Emit(OpCodes.Stloc, target);
    }

    public override void EmitCase(AdapterEmitter code, LocalBuilder value)
    {
        code.Il.Emit(OpCodes.Ldloca, value);
        code.LoadConstant((ComponentValueType)Type);
        code.Call(typeof(DynamicValues), nameof(DynamicValues.CaseOf));
    }

    public override void EmitGetPayload(AdapterEmitter code, LocalBuilder value, int index, LocalBuilder target)
    {
        code.Il.Emit(OpCodes.Ldloca, value);
        code.Call(typeof(DynamicValues), nameof(DynamicValues.PayloadOf));
        code.Il.Emit(OpCodes.Stloc, target);
    }

    public override void EmitMakeCase(AdapterEmitter code, int index, LocalBuilder? payload, LocalBuilder target)
    {
        code.LoadConstant((ComponentValueType)Type);
        code.Il.Emit(OpCodes.Ldc_I4, index);
        if (payload is null)
        {
            code.Call(typeof(DynamicValues), nameof(DynamicValues.OfCase));
        }
        else
        {
            code.Il.Emit(OpCodes.Ldloc, payload);
            code.Call(typeof(DynamicValues), nameof(DynamicValues.OfCaseWith));
        }

        code.Il.Emit(OpCodes.Stloc, target);
    }

    public override LocalBuilder EmitToArray(AdapterEmitter code, LocalBuilder value)
    {
        LocalBuilder array = code.Local<ComponentValue[]>();
        code.Il.Emit(OpCodes.Ldloca, value);
        code.Il.Emit(OpCodes.Ldc_I4, (int)Type.Kind);
        code.Call(typeof(DynamicValues), nameof(DynamicValues.ElementsOf));
        code.Il.Emit(OpCodes.Stloc, array);
        return array;
    }

    public override void EmitFromArray(AdapterEmitter code, LocalBuilder array, LocalBuilder target)
    {
        code.Il.Emit(OpCodes.Ldloc, array);
        code.Call(typeof(ComponentValue), Type is MapType ? nameof(ComponentValue.OfMap) : nameof(ComponentValue.OfList));
        code.Il.Emit(OpCodes.Stloc, target);
    }
}
