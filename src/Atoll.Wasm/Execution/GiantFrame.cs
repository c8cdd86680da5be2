using System.Runtime.CompilerServices;

namespace Atoll.Wasm.Execution;

/// <summary>The less used variables of a giant function; see VariablePlacement.</summary>
[InlineArray(Slots)]
internal struct GiantFrame
{
    public const int Slots = 512;

    private long _slot;
}
