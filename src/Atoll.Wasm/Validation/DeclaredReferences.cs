using System.Collections;

namespace Atoll.Wasm.Validation;

/// <summary>Functions that a module names outside of bodies and the start section: only those may be the operand of <c>ref.func</c> in a body.</summary>
internal sealed class DeclaredReferences(int functionCount)
{
    private readonly BitArray _declared = new(functionCount);

    public void Add(int function) => _declared[function] = true;

    public bool Contains(int function) => _declared[function];
}
