using System.Text;
using Atoll.Components.Types;

namespace Atoll.Components.Tests.Values;

/// <summary>Types of every kind that has a text, and values of them; the same seed gives the same.</summary>
internal sealed class RandomValues(int seed)
{
    private static readonly string[] Labels = ["a", "b-c", "some", "none", "ok", "err", "true", "false", "inf", "nan", "HTTP", "x1-Y2".ToLowerInvariant(), "list"];
    private static readonly double[] Doubles = [0, -0.0, 1, -1.5, double.MaxValue, double.Epsilon, double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1e-7, 123456789.125];
    private readonly Random _random = new(seed);

    public ComponentValueType Type(int depth = 4)
    {
        int kind = _random.Next(depth == 0 ? 13 : 23);
        return kind switch
        {
            < 13 => PrimitiveType.Of((ComponentValueKind)kind),
            13 => new ListType(Type(depth - 1), null),
            14 => new ListType(PrimitiveType.Of(ComponentValueKind.U8), null),
            15 => new ListType(Type(depth - 1), (uint)_random.Next(1, 4)),
            16 => new TupleType([.. Some(() => Type(depth - 1))]),
            17 => new OptionType(Type(depth - 1)),
            18 => new ResultType(Maybe(depth), Maybe(depth)),
            19 => new RecordType([.. Names().Select(name => new LabeledType(name, Type(depth - 1)))]),
            20 => new VariantType([.. Names().Select(name => new VariantCase(name, Maybe(depth)))]),
            21 => _random.Next(2) == 0 ? new EnumType([.. Names()]) : new FlagsType([.. Names()]),
            _ => new MapType(PrimitiveType.Of(ComponentValueKind.String), Type(depth - 1)),
        };
    }

    public ComponentValue Value(ComponentValueType type)
    {
        long bits = _random.NextInt64(long.MinValue, long.MaxValue) >> _random.Next(64);
        return type switch
        {
            { Kind: ComponentValueKind.Bool } => ComponentValue.Bool(bits % 2 == 0),
            { Kind: ComponentValueKind.S8 } => ComponentValue.S8((sbyte)bits),
            { Kind: ComponentValueKind.U8 } => ComponentValue.U8((byte)bits),
            { Kind: ComponentValueKind.S16 } => ComponentValue.S16((short)bits),
            { Kind: ComponentValueKind.U16 } => ComponentValue.U16((ushort)bits),
            { Kind: ComponentValueKind.S32 } => ComponentValue.S32((int)bits),
            { Kind: ComponentValueKind.U32 } => ComponentValue.U32((uint)bits),
            { Kind: ComponentValueKind.S64 } => ComponentValue.S64(bits),
            { Kind: ComponentValueKind.U64 } => ComponentValue.U64((ulong)bits),
            { Kind: ComponentValueKind.F32 } => ComponentValue.F32(_random.Next(2) == 0 ? BitConverter.Int32BitsToSingle((int)bits) : (float)Double()),
            { Kind: ComponentValueKind.F64 } => ComponentValue.F64(_random.Next(2) == 0 ? BitConverter.Int64BitsToDouble(bits) : Double()),
            { Kind: ComponentValueKind.Char } => ComponentValue.Char(Rune()),
            { Kind: ComponentValueKind.String } => ComponentValue.String(string.Concat(Some(Rune, 0))),
            ListType { Length: { } length } list => ComponentValue.List([.. Enumerable.Range(0, (int)length).Select(_ => Value(list.Element))]),
            ListType list => ComponentValue.List([.. Some(() => Value(list.Element), 0)]),
            TupleType tuple => ComponentValue.Tuple([.. tuple.Elements.Select(Value)]),
            OptionType option => _random.Next(2) == 0 ? ComponentValue.None : ComponentValue.Some(Value(option.Value)),
            ResultType result => _random.Next(2) == 0 ? ComponentValue.Ok(Optional(result.Ok)) : ComponentValue.Error(Optional(result.Error)),
            RecordType record => ComponentValue.Record([.. record.Fields.Select(field => (field.Name, Value(field.Type)))]),
            VariantType variant => variant.Cases[_random.Next(variant.Cases.Length)] is var item ? ComponentValue.Variant(item.Name, Optional(item.Type)) : default,
            EnumType names => ComponentValue.Enum(names.Names[_random.Next(names.Names.Length)]),
            FlagsType flags => ComponentValue.Flags([.. flags.Names.Where(_ => _random.Next(2) == 0)]),
            MapType map => ComponentValue.Map([.. Some(() => (Value(map.Key), Value(map.Value)), 0)]),
            _ => throw new ArgumentException($"no values of {type}"),
        };
    }

    private ComponentValue? Optional(ComponentValueType? type) => type is null ? null : Value(type);

    private ComponentValueType? Maybe(int depth) => _random.Next(3) == 0 ? null : Type(depth - 1);

    private IEnumerable<string> Names() => Labels.OrderBy(_ => _random.Next()).Take(_random.Next(1, 5)).ToArray();

    private double Double() => Doubles[_random.Next(Doubles.Length)];

    private Rune Rune()
    {
        int value = _random.Next(6) switch { 0 => _random.Next(0, 32), 1 => '\'', 2 => '"', 3 => '\\', 4 => _random.Next(0x110000), _ => _random.Next(32, 127) };
        return System.Text.Rune.IsValid(value) ? new Rune(value) : new Rune(0x202E);
    }

    private T[] Some<T>(Func<T> make) => Some(make, 1);

    private T[] Some<T>(Func<T> make, int minimum) => [.. Enumerable.Range(0, _random.Next(minimum, 5)).Select(_ => make())];
}
