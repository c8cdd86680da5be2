using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using V = System.Runtime.Intrinsics.Vector128<byte>;

namespace Atoll.Wasm.Execution;

/// <content>Loads and stores; the address was checked.</content>
internal static unsafe partial class Vectors
{
    [MethodImpl(Inline)]
    public static V V128Load(nint address) => Vector128.Load((byte*)address);

    [MethodImpl(Inline)]
    public static void V128Store(nint address, V value) => value.Store((byte*)address);

    [MethodImpl(Inline)]
    public static V V128Load8x8S(nint address) => Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)address).AsSByte()).AsByte();

    [MethodImpl(Inline)]
    public static V V128Load8x8U(nint address) => Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)address).AsByte()).AsByte();

    [MethodImpl(Inline)]
    public static V V128Load16x4S(nint address) => Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)address).AsInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V V128Load16x4U(nint address) => Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)address).AsUInt16()).AsByte();

    [MethodImpl(Inline)]
    public static V V128Load32x2S(nint address) => Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)address).AsInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V V128Load32x2U(nint address) => Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)address).AsUInt32()).AsByte();

    [MethodImpl(Inline)]
    public static V V128Load8Splat(nint address) => Vector128.Create(*(byte*)address);

    [MethodImpl(Inline)]
    public static V V128Load8Lane(nint address, V a, int lane) => a.WithElement(lane, *(byte*)address);

    [MethodImpl(Inline)]
    public static void V128Store8Lane(nint address, V a, int lane) => *(byte*)address = a.GetElement(lane);

    [MethodImpl(Inline)]
    public static V V128Load16Splat(nint address) => Vector128.Create(*(ushort*)address).AsByte();

    [MethodImpl(Inline)]
    public static V V128Load16Lane(nint address, V a, int lane) => a.AsUInt16().WithElement(lane, *(ushort*)address).AsByte();

    [MethodImpl(Inline)]
    public static void V128Store16Lane(nint address, V a, int lane) => *(ushort*)address = a.AsUInt16().GetElement(lane);

    [MethodImpl(Inline)]
    public static V V128Load32Splat(nint address) => Vector128.Create(*(uint*)address).AsByte();

    [MethodImpl(Inline)]
    public static V V128Load32Lane(nint address, V a, int lane) => a.AsUInt32().WithElement(lane, *(uint*)address).AsByte();

    [MethodImpl(Inline)]
    public static void V128Store32Lane(nint address, V a, int lane) => *(uint*)address = a.AsUInt32().GetElement(lane);

    [MethodImpl(Inline)]
    public static V V128Load32Zero(nint address) => Vector128.CreateScalar(*(uint*)address).AsByte();

    [MethodImpl(Inline)]
    public static V V128Load64Splat(nint address) => Vector128.Create(*(ulong*)address).AsByte();

    [MethodImpl(Inline)]
    public static V V128Load64Lane(nint address, V a, int lane) => a.AsUInt64().WithElement(lane, *(ulong*)address).AsByte();

    [MethodImpl(Inline)]
    public static void V128Store64Lane(nint address, V a, int lane) => *(ulong*)address = a.AsUInt64().GetElement(lane);

    [MethodImpl(Inline)]
    public static V V128Load64Zero(nint address) => Vector128.CreateScalar(*(ulong*)address).AsByte();
}
