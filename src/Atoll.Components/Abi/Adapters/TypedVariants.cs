using System.Reflection;
using System.Reflection.Emit;
using Atoll.Components.Types;

namespace Atoll.Components.Abi.Adapters;

/// <summary>Options as <see cref="Nullable{T}"/>, as references that may be null, or as <see cref="Optional{T}"/>.</summary>
internal sealed class OptionShape : TypedShape
{
    private readonly HostShape _payload;
    private readonly bool _isNullable;
    private readonly bool _isOption;

    public OptionShape(OptionType type, Type clr)
        : base(type, clr)
    {
        Type? value = Nullable.GetUnderlyingType(clr);
        _isNullable = value is not null;
        _isOption = clr.IsGenericType && clr.GetGenericTypeDefinition() == typeof(Optional<>);
        if (_isOption)
        {
            value = clr.GetGenericArguments()[0];
        }
        else if (type.Value is OptionType || (value is null && clr.IsValueType))
        {
            throw new ArgumentException($"the type {clr} cannot hold an option; {(type.Value is OptionType ? $"{nameof(Optional<>)}<T?>" : $"{clr.Name}?")} can");
        }

        _payload = Of(type.Value, value ?? clr);
    }

    public override HostShape Payload(int index) => _payload;

    public override void EmitCase(AdapterEmitter code, LocalBuilder value)
    {
        if (_isNullable || _isOption)
        {
            code.Il.Emit(OpCodes.Ldloca, value);
            code.Il.Emit(OpCodes.Call, Clr.GetProperty(nameof(Optional<>.HasValue))!.GetMethod!);
        }
        else
        {
            code.Il.Emit(OpCodes.Ldloc, value);
            code.Il.Emit(OpCodes.Ldnull);
            code.Il.Emit(OpCodes.Cgt_Un);
        }
    }

    public override void EmitGetPayload(AdapterEmitter code, LocalBuilder value, int index, LocalBuilder target)
    {
        if (_isNullable || _isOption)
        {
            code.Il.Emit(OpCodes.Ldloca, value);
            code.Il.Emit(OpCodes.Call, Clr.GetProperty(nameof(Optional<>.Value))!.GetMethod!);
        }
        else
        {
            code.Il.Emit(OpCodes.Ldloc, value);
        }

        code.Il.Emit(OpCodes.Stloc, target);
    }

    public override void EmitMakeCase(AdapterEmitter code, int index, LocalBuilder? payload, LocalBuilder target)
    {
        if (payload is null)
        {
            code.Il.Emit(OpCodes.Ldloca, target);
            code.Il.Emit(OpCodes.Initobj, Clr);
            return;
        }

        code.Il.Emit(OpCodes.Ldloc, payload);
        if (_isNullable)
        {
            code.Il.Emit(OpCodes.Newobj, Clr.GetConstructor([payload.LocalType])!);
        }
        else if (_isOption)
        {
            code.Il.Emit(OpCodes.Call, Clr.GetMethod(nameof(Optional<>.Some))!);
        }

        code.Il.Emit(OpCodes.Stloc, target);
    }
}

/// <summary>Results as <see cref="Result{T, TError}"/>.</summary>
internal sealed class ResultShape : TypedShape
{
    private readonly HostShape?[] _payloads;

    public ResultShape(ResultType type, Type clr)
        : base(type, clr)
    {
        Type[] arguments = clr.GetGenericArguments();
        _payloads = [Side(type.Ok, arguments[0]), Side(type.Error, arguments[1])];
    }

    public override HostShape Payload(int index) => _payloads[index]!;

    public override void EmitCase(AdapterEmitter code, LocalBuilder value)
    {
        code.Il.Emit(OpCodes.Ldloca, value);
        code.Il.Emit(OpCodes.Call, Clr.GetProperty(nameof(Result<,>.IsError))!.GetMethod!);
    }

    public override void EmitGetPayload(AdapterEmitter code, LocalBuilder value, int index, LocalBuilder target) =>
        EmitGet(code, value, Clr.GetProperty(index == 0 ? nameof(Result<,>.Value) : nameof(Result<,>.Error))!, target);

    public override void EmitMakeCase(AdapterEmitter code, int index, LocalBuilder? payload, LocalBuilder target)
    {
        code.Il.Emit(OpCodes.Ldloc, payload ?? code.Local<Unit>());
        code.Il.Emit(OpCodes.Call, Clr.GetMethod(index == 0 ? nameof(Result<,>.Ok) : nameof(Result<,>.Fail))!);
        code.Il.Emit(OpCodes.Stloc, target);
    }

    private static HostShape? Side(ComponentValueType? type, Type clr) =>
        type is not null ? Of(type, clr) : clr == typeof(Unit) ? null : throw new ArgumentException($"the side of the result without a value must be {nameof(Unit)}, not {clr}");
}

/// <summary>
/// Variants as an abstract class with a nested class for each case, named like it; a case with a value has a constructor with one parameter and a property
/// <c>Value</c>.
/// </summary>
internal sealed class VariantShape : TypedShape
{
    private readonly Type[] _cases;
    private readonly HostShape?[] _payloads;

    public VariantShape(VariantType type, Type clr)
        : base(type, clr)
    {
        Type[] nested = [.. clr.GetNestedTypes().Where(nested => nested.IsSubclassOf(clr))];
        _cases = [.. type.Cases.Select(item => Array.Find(nested, found => IsNamed(found, item.Name))
            ?? throw new ArgumentException($"{clr} has no nested class {PascalCase(item.Name)}, derived from it, for the case `{item.Name}`"))];
        _payloads = [.. type.Cases.Select((item, i) => item.Type is null ? null : Of(item.Type, ValueOf(_cases[i]).PropertyType))];
    }

    public override HostShape Payload(int index) => _payloads[index]!;

    public override void EmitCase(AdapterEmitter code, LocalBuilder value)
    {
        Label end = code.Il.DefineLabel();
        LocalBuilder index = code.Local<int>();
        for (int i = 0; i < _cases.Length; i++)
        {
            code.Il.Emit(OpCodes.Ldc_I4, i);
            code.Il.Emit(OpCodes.Stloc, index);
            code.Il.Emit(OpCodes.Ldloc, value);
            code.Il.Emit(OpCodes.Isinst, _cases[i]);
            code.Il.Emit(OpCodes.Brtrue, end);
        }

        code.Il.Emit(OpCodes.Ldloc, value);
        code.Call(typeof(VariantShape), nameof(Refuse));
        code.Il.MarkLabel(end);
        code.Il.Emit(OpCodes.Ldloc, index);
    }

    public override void EmitGetPayload(AdapterEmitter code, LocalBuilder value, int index, LocalBuilder target)
    {
        code.Il.Emit(OpCodes.Ldloc, value);
        code.Il.Emit(OpCodes.Castclass, _cases[index]);
        code.Il.Emit(OpCodes.Callvirt, ValueOf(_cases[index]).GetMethod!);
        code.Il.Emit(OpCodes.Stloc, target);
    }

    public override void EmitMakeCase(AdapterEmitter code, int index, LocalBuilder? payload, LocalBuilder target)
    {
        Type[] parameters = payload is null ? [] : [payload.LocalType];
        if (payload is not null)
        {
            code.Il.Emit(OpCodes.Ldloc, payload);
        }

        code.Il.Emit(OpCodes.Newobj, _cases[index].GetConstructor(parameters)
            ?? throw new ArgumentException($"{_cases[index]} has no public constructor with {parameters.Length} parameters"));
        code.Il.Emit(OpCodes.Stloc, target);
    }

    internal static void Refuse(object? value) => throw new ArgumentException($"{value?.GetType().ToString() ?? "null"} is no case of the variant");

    private static PropertyInfo ValueOf(Type type) => type.GetProperty("Value") ?? throw new ArgumentException($"{type} has no property Value");
}
