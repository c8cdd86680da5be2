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
}
