using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Execution;

/// <content>Structures, small integers and casts. Small methods that the JIT compiler inlines into guest code.</content>
internal static unsafe partial class GuestRuntime
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public static HeapStruct NewStruct0(InstanceContext context, int type, int bytes) => new(Token(context, type, bytes));

    public static HeapStruct NewStruct1(InstanceContext context, int type, int bytes) => new HeapStruct1(Token(context, type, bytes));

    public static HeapStruct NewStruct2(InstanceContext context, int type, int bytes) => new HeapStruct2(Token(context, type, bytes));

    public static HeapStruct NewStruct3(InstanceContext context, int type, int bytes) => new HeapStruct3(Token(context, type, bytes));

    public static HeapStruct NewStruct4(InstanceContext context, int type, int bytes) => new HeapStruct4(Token(context, type, bytes));

    public static HeapStruct NewStruct5(InstanceContext context, int type, int bytes) => new HeapStruct5(Token(context, type, bytes));

    public static HeapStruct NewStruct6(InstanceContext context, int type, int bytes) => new HeapStruct6(Token(context, type, bytes));

    public static HeapStruct NewStruct7(InstanceContext context, int type, int bytes) => new HeapStruct7(Token(context, type, bytes));

    public static HeapStruct NewStruct8(InstanceContext context, int type, int bytes) => new HeapStruct8(Token(context, type, bytes));

    public static HeapStruct NewStructMany(InstanceContext context, int type, int bytes)
    {
        StructLayout layout = StructLayout.Of(context.Types[type]);
        return new HeapStructMany(Token(context, type, bytes), Math.Max(0, layout.References - HeapStruct.Levels), Math.Max(0, layout.Words - HeapStruct.Levels));
    }

    [MethodImpl(Inline)]
    public static object? NotNullStruct(object? reference) => reference ?? ThrowNull("null structure reference");

    [MethodImpl(Inline)]
    public static object? NotNullFunction(object? reference) => reference ?? ThrowNull("null function reference");

    [MethodImpl(Inline)]
    public static object? NotNull(object? reference) => reference ?? ThrowNull("null reference");

    [MethodImpl(Inline)]
    public static Vector128<byte> JoinWords(ulong low, ulong high) => Vector128.Create(low, high).AsByte();

    [MethodImpl(Inline)]
    public static ulong LowWord(Vector128<byte> value) => value.AsUInt64().ToScalar();

    [MethodImpl(Inline)]
    public static ulong HighWord(Vector128<byte> value) => value.AsUInt64().GetElement(1);

    [MethodImpl(Inline)]
    public static object MakeI31(int value) => I31.Of(value);

    [MethodImpl(Inline)]
    public static int I31GetS(object? reference) => (Unsafe.As<I31?>(reference) ?? Unsafe.As<I31>(ThrowNull("null i31 reference"))).Value;

    [MethodImpl(Inline)]
    public static int I31GetU(object? reference) => I31GetS(reference) & int.MaxValue;

    public static int RefEq(object? left, object? right) => ReferenceEquals(left, right) || (left is I31 a && right is I31 b && a.Value == b.Value) ? 1 : 0;

    // Tests of casts: whether a reference is of a type; the flag says whether null is.
    public static int IsAny(object? reference, int orNull) => reference is null ? orNull : 1;

    public static int IsNone(object? reference, int orNull) => reference is null ? orNull : 0;

    public static int IsEq(object? reference, int orNull) => reference is null ? orNull : reference is HeapObject or I31 ? 1 : 0;

    public static int IsI31(object? reference, int orNull) => reference is null ? orNull : reference is I31 ? 1 : 0;

    public static int IsStruct(object? reference, int orNull) => reference is null ? orNull : reference is HeapStruct ? 1 : 0;

    public static int IsArray(object? reference, int orNull) => reference is null ? orNull : reference is HeapArray ? 1 : 0;

    [MethodImpl(Inline)]
    public static int IsDefined(object? reference, int orNull, DefinedType type) =>
        reference is null ? orNull : reference is HeapObject heap && (heap.Token.Type == type || heap.Token.Type.IsSubtypeOf(type)) ? 1 : 0;

    [MethodImpl(Inline)]
    public static int IsFunction(object? reference, int orNull, DefinedType type) =>
        reference is null ? orNull : Unsafe.As<Function>(reference).Defined is var defined && (defined == type || defined.IsSubtypeOf(type)) ? 1 : 0;

    /// <summary>Whether a function of one type can stand for one of another. On null it fails as a call of null does.</summary>
    [MethodImpl(Inline)]
    public static int IsSubtype(DefinedType type, DefinedType wanted) => type == wanted || type.IsSubtypeOf(wanted) ? 1 : 0;

    public static Exception CastFailure() => new TrapException(TrapKind.CastFailure);

    [DoesNotReturn]
    private static object ThrowNull(string what) => throw new TrapException(TrapKind.NullReference, what);

    /// <summary>Charges an object that is about to be made.</summary>
    [MethodImpl(Inline)]
    private static HeapToken Token(InstanceContext context, int type, int bytes)
    {
        HeapToken? token = context.Tokens[type];
        if (token is null || token.Left < bytes)
        {
            token = RenewToken(context, type, bytes);
        }

        token.Left -= bytes;
        return token;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static HeapToken RenewToken(InstanceContext context, int type, int bytes)
    {
        if (context.Control->IsInterrupted)
        {
            throw context.Store.StopForInterrupt();
        }

        HeapToken token = context.Store.Heap.NewToken(context.Types[type], bytes);
        context.Tokens[type] = token;
        return token;
    }
}
