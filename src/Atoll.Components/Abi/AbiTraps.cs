using System.Diagnostics.CodeAnalysis;
using Atoll.Wasm;

namespace Atoll.Components.Abi;

/// <summary>The traps of the canonical ABI, as calls that never return, so that compiled adapters stay small.</summary>
internal static class AbiTraps
{
    public static TrapException Make(string message) => new(TrapKind.CanonicalAbi, message);

    [DoesNotReturn]
    public static void CannotLeave() => throw Make("cannot leave component instance");

    [DoesNotReturn]
    public static void CannotEnter() => throw Make("cannot enter component instance");

    [DoesNotReturn]
    public static void BadDiscriminant() => throw Make("invalid variant discriminant");

    [DoesNotReturn]
    public static void BadCharacter() => throw Make("invalid `char` bit pattern");

    /// <summary>What a guest throws ends at the border of its component (CanonicalABI.md, "canon lift": exceptions become traps).</summary>
    public static bool IsGuestException(object exception) => exception is GuestThrownException;

    [DoesNotReturn]
    public static void UncaughtException() => throw Make("uncaught exception propagated out of component");
}
