using System.Reflection;
using System.Reflection.Emit;
using System.Text;
using Atoll.Components.Types;

namespace Atoll.Components.Abi.Adapters;

/// <summary>
/// Values as .NET types of their own: numbers, <see cref="Rune"/>, strings, arrays, tuples, records by their constructor and properties, enumerations,
/// <see cref="Nullable{T}"/> or null, <see cref="Result{T, TError}"/>, variants as an abstract class with a nested class for each case.
/// </summary>
internal abstract class TypedShape(ComponentValueType type, Type clr) : HostShape(type, clr)
{
    public override HostShape[] Fields => throw Wrong();

    public override HostShape Element => throw Wrong();

    public override bool IsBulk => false;

    /// <summary>The shape that a type has as a .NET type.</summary>
    /// <exception cref="ArgumentException">The .NET type cannot hold its values; the message says what can.</exception>
    public static HostShape Of(ComponentValueType type, Type clr)
    {
        if (clr == typeof(ComponentValue))
        {
            return new DynamicShape(type);
        }

        if (!GeneratedAccess.CanUse(clr))
        {
            throw new ArgumentException($"the type {clr} is not public: compiled code cannot use it");
        }

        return type.Kind switch
        {
            ComponentValueKind.String when clr == typeof(string) => new StringShape(type),
            ComponentValueKind.String when TextSpanShape.Fits(clr) => new TextSpanShape(type, clr),
            ComponentValueKind.ErrorContext when clr == typeof(ErrorContext) => new ErrorContextShape(type),
            ComponentValueKind.List when clr.IsSZArray => new ArrayShape(type, ((ListType)type).Element, clr),
            ComponentValueKind.List when SpanShape.Fits((ListType)type, clr) => new SpanShape((ListType)type, clr),
            ComponentValueKind.Map when clr.IsSZArray => new ArrayShape(type, ((MapType)type).Entry, clr),
            ComponentValueKind.Record => new RecordShape((RecordType)type, clr),
            ComponentValueKind.Tuple when TupleShape.Fits((TupleType)type, clr) => new TupleShape((TupleType)type, clr),
            ComponentValueKind.Enum or ComponentValueKind.Flags when clr.IsEnum => new EnumShape(type, clr),
            ComponentValueKind.Option => new OptionShape((OptionType)type, clr),
            ComponentValueKind.Result when clr.IsGenericType && clr.GetGenericTypeDefinition() == typeof(Result<,>) => new ResultShape((ResultType)type, clr),
            ComponentValueKind.Variant when clr.IsAbstract => new VariantShape((VariantType)type, clr),
            ComponentValueKind.Own or ComponentValueKind.Borrow when clr == typeof(ComponentResource) => new ResourceShape(type),
            ComponentValueKind.Own or ComponentValueKind.Borrow when !clr.IsValueType => new HostObjectShape(type, clr),
            _ when NumberShape.ClrOf(type.Kind) == clr => new NumberShape(type, clr),
            _ => throw new ArgumentException($"the type {clr} cannot hold a {type.Kind.ToString().ToLowerInvariant()}{(NumberShape.ClrOf(type.Kind) is { } fits ? $"; {fits} can" : "")}"),
        };
    }

    /// <summary>Whether a member stands for a name: by its <see cref="WitNameAttribute"/>, else by its own name, whatever the case.</summary>
    protected static bool IsNamed(MemberInfo member, string name) => member.GetCustomAttribute<WitNameAttribute>() is { } given
        ? given.Name == name
        : member.Name.Equals(PascalCase(name), StringComparison.OrdinalIgnoreCase);

    /// <summary>The .NET name of a name in kebab case: <c>parse-XML</c> is <c>ParseXml</c>.</summary>
    public static string PascalCase(string name) =>
        string.Concat(name.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..].ToLowerInvariant()));

    public override void EmitToCore(AdapterEmitter code, LocalBuilder value) => throw Wrong();

    public override void EmitFromCore(AdapterEmitter code, LocalBuilder target) => throw Wrong();

    public override void EmitToString(AdapterEmitter code, LocalBuilder value) => throw Wrong();

    public override void EmitFromString(AdapterEmitter code, LocalBuilder target) => throw Wrong();

    public override void EmitToResource(AdapterEmitter code, LocalBuilder value) => throw Wrong();

    public override void EmitFromResource(AdapterEmitter code, LocalBuilder target) => throw Wrong();

    public override void EmitGetFields(AdapterEmitter code, LocalBuilder value, LocalBuilder[] targets) => throw Wrong();

    public override void EmitMakeRecord(AdapterEmitter code, LocalBuilder[] fields, LocalBuilder target) => throw Wrong();

    public override void EmitCase(AdapterEmitter code, LocalBuilder value) => throw Wrong();

    public override HostShape Payload(int index) => throw Wrong();

    public override void EmitGetPayload(AdapterEmitter code, LocalBuilder value, int index, LocalBuilder target) => throw Wrong();

    public override void EmitMakeCase(AdapterEmitter code, int index, LocalBuilder? payload, LocalBuilder target) => throw Wrong();

    public override LocalBuilder EmitToArray(AdapterEmitter code, LocalBuilder value) => throw Wrong();

    public override void EmitFromArray(AdapterEmitter code, LocalBuilder array, LocalBuilder target) => throw Wrong();

    private InvalidOperationException Wrong() => new($"values of {Type.Kind} as {Clr} have no such part");

    /// <summary>Reads a member of a value in a local into another local.</summary>
    protected static void EmitGet(AdapterEmitter code, LocalBuilder value, MemberInfo member, LocalBuilder target)
    {
        code.Il.Emit(value.LocalType.IsValueType ? OpCodes.Ldloca : OpCodes.Ldloc, value);
        if (member is FieldInfo read)
        {
            code.Il.Emit(OpCodes.Ldfld, read);
        }
        else
        {
            MethodInfo getter = ((PropertyInfo)member).GetMethod!;
            code.Il.Emit(value.LocalType.IsValueType ? OpCodes.Call : OpCodes.Callvirt, getter);
        }

        code.Il.Emit(OpCodes.Stloc, target);
    }
}

/// <summary>Numbers, truth values and characters.</summary>
internal sealed class NumberShape(ComponentValueType type, Type clr) : TypedShape(type, clr)
{
    public static Type? ClrOf(ComponentValueKind kind) => kind switch
    {
        ComponentValueKind.Bool => typeof(bool),
        ComponentValueKind.S8 => typeof(sbyte),
        ComponentValueKind.U8 => typeof(byte),
        ComponentValueKind.S16 => typeof(short),
        ComponentValueKind.U16 => typeof(ushort),
        ComponentValueKind.S32 => typeof(int),
        ComponentValueKind.U32 => typeof(uint),
        ComponentValueKind.S64 => typeof(long),
        ComponentValueKind.U64 => typeof(ulong),
        ComponentValueKind.F32 => typeof(float),
        ComponentValueKind.F64 => typeof(double),
        ComponentValueKind.Char => typeof(Rune),
        ComponentValueKind.String => typeof(string),
        _ => null,
    };

    public override bool IsBulk => Type.Kind is >= ComponentValueKind.S8 and <= ComponentValueKind.F64;

    public override void EmitToCore(AdapterEmitter code, LocalBuilder value)
    {
        if (Type.Kind == ComponentValueKind.Char)
        {
            code.Il.Emit(OpCodes.Ldloca, value);
            code.Il.Emit(OpCodes.Call, typeof(Rune).GetProperty(nameof(Rune.Value))!.GetMethod!);
        }
        else
        {
            code.Il.Emit(OpCodes.Ldloc, value);
        }
    }

    public override void EmitFromCore(AdapterEmitter code, LocalBuilder target)
    {
        if (Type.Kind == ComponentValueKind.Char)
        {
            code.Il.Emit(OpCodes.Newobj, typeof(Rune).GetConstructor([typeof(int)])!);
        }

        code.Il.Emit(OpCodes.Stloc, target);
    }
}

/// <summary>Strings.</summary>
internal sealed class StringShape(ComponentValueType type) : TypedShape(type, typeof(string))
{
    public override void EmitToString(AdapterEmitter code, LocalBuilder value) => code.Il.Emit(OpCodes.Ldloc, value);

    public override void EmitFromString(AdapterEmitter code, LocalBuilder target) => code.Il.Emit(OpCodes.Stloc, target);
}

/// <summary>Error contexts as <see cref="ErrorContext"/>.</summary>
internal sealed class ErrorContextShape(ComponentValueType type) : TypedShape(type, typeof(ErrorContext))
{
    public override void EmitToString(AdapterEmitter code, LocalBuilder value)
    {
        code.Il.Emit(OpCodes.Ldloc, value);
        code.Il.Emit(OpCodes.Callvirt, typeof(ErrorContext).GetProperty(nameof(ErrorContext.DebugMessage))!.GetMethod!);
    }

    public override void EmitFromString(AdapterEmitter code, LocalBuilder target)
    {
        code.Il.Emit(OpCodes.Newobj, typeof(ErrorContext).GetConstructor([typeof(string)])!);
        code.Il.Emit(OpCodes.Stloc, target);
    }
}

/// <summary>Handles as <see cref="ComponentResource"/>.</summary>
internal sealed class ResourceShape(ComponentValueType type) : TypedShape(type, typeof(ComponentResource))
{
    public override void EmitToResource(AdapterEmitter code, LocalBuilder value) => code.Il.Emit(OpCodes.Ldloc, value);

    public override void EmitFromResource(AdapterEmitter code, LocalBuilder target) => code.Il.Emit(OpCodes.Stloc, target);
}

/// <summary>Enumerations, whose members are the numbers of the cases; flags, whose members are their bits.</summary>
internal sealed class EnumShape(ComponentValueType type, Type clr) : TypedShape(type, clr)
{
    public override void EmitToCore(AdapterEmitter code, LocalBuilder value)
    {
        code.Il.Emit(OpCodes.Ldloc, value);
        code.Il.Emit(OpCodes.Conv_I4);
        if (Type is EnumType names)
        {
            code.Il.Emit(OpCodes.Ldc_I4, names.Names.Length);
            code.Call(typeof(EnumShape), nameof(Check));
        }
        else if (((FlagsType)Type).Names.Length is < 32 and var count)
        {
            code.Il.Emit(OpCodes.Ldc_I4, (1 << count) - 1);
            code.Il.Emit(OpCodes.And);
        }
    }

    public override void EmitFromCore(AdapterEmitter code, LocalBuilder target)
    {
        if (System.Enum.GetUnderlyingType(Clr) is var underlying && (underlying == typeof(long) || underlying == typeof(ulong)))
        {
            code.Il.Emit(OpCodes.Conv_U8);
        }

        code.Il.Emit(OpCodes.Stloc, target);
    }

    internal static int Check(int value, int count) =>
        (uint)value < (uint)count ? value : throw new ArgumentException($"the value {value} of the enumeration is no case; there are {count}");
}

/// <summary>Records as classes or structures with a property and a constructor's parameter for each field.</summary>
internal sealed class RecordShape : TypedShape
{
    private readonly HostShape[] _fields;
    private readonly PropertyInfo[] _properties;
    private readonly ConstructorInfo _constructor;
    private readonly int[] _order;

    public RecordShape(RecordType type, Type clr)
        : base(type, clr)
    {
        string[] names = [.. type.Fields.Select(item => PascalCase(item.Name))];
        PropertyInfo[] offered = clr.GetProperties(BindingFlags.Public | BindingFlags.Instance);
        _properties = [.. type.Fields.Select((field, i) => Array.Find(offered, property => IsNamed(property, field.Name))
            ?? throw new ArgumentException($"{clr} has no property {names[i]} for the field `{field.Name}`"))];
        names = [.. _properties.Select(property => property.Name)];
        _constructor = clr.GetConstructors().FirstOrDefault(made => made.GetParameters() is var parameters && parameters.Length == names.Length
                && parameters.All(parameter => names.Contains(parameter.Name, StringComparer.OrdinalIgnoreCase)))
            ?? throw new ArgumentException($"{clr} has no constructor with the parameters {string.Join(", ", names)}");
        _order = [.. _constructor.GetParameters().Select(parameter => Array.FindIndex(names, name => name.Equals(parameter.Name, StringComparison.OrdinalIgnoreCase)))];
        _fields = [.. type.Fields.Select((item, i) => Of(item.Type, _properties[i].PropertyType))];
    }

    public override HostShape[] Fields => _fields;

    public override void EmitGetFields(AdapterEmitter code, LocalBuilder value, LocalBuilder[] targets)
    {
        for (int i = 0; i < targets.Length; i++)
        {
            EmitGet(code, value, _properties[i], targets[i]);
        }
    }

    public override void EmitMakeRecord(AdapterEmitter code, LocalBuilder[] fields, LocalBuilder target)
    {
        foreach (int index in _order)
        {
            code.Il.Emit(OpCodes.Ldloc, fields[index]);
        }

        code.Il.Emit(OpCodes.Newobj, _constructor);
        code.Il.Emit(OpCodes.Stloc, target);
    }
}
