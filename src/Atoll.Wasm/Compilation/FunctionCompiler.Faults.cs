using Atoll.Wasm.Execution;
using Atoll.Wasm.Platform;

namespace Atoll.Wasm.Compilation;

/// <content>
/// Checks that the processor makes: what a memory may become, and all that an address and an offset reach behind it, belongs to nobody, so that an access outside of the
/// memory faults (<see cref="FaultHandler"/>).
/// </content>
/// <remarks>
/// The JIT compiler makes a load as narrow as its use, and of one whose value nobody needs a look at its first byte. Such a load would not fault where the
/// specification wants a trap, when its first bytes are the last of the memory. So a load of several bytes comes with a probe of its last one. A store faults
/// before it changes anything. A fault is a null reference exception to the JIT compiler, whose place among all that can be seen is as fixed as that of a branch.
/// </remarks>
internal sealed partial class FunctionCompiler
{
    /// <summary>Extents that a slot has room for behind the largest address, and that an immediate operand holds.</summary>
    private const long MostProbed = 1 << 30;

    /// <summary>Whether accesses to a memory may be left to the processor. Where traps tell their line they are not: a fault does not say which instruction it was.</summary>
    private bool IsGuarded(int memory) => _options.FaultChecks && !_tracesMemory && _definition.Memories[memory].CanBeGuarded;

    /// <summary>Touches the last byte of an extent, unless the access that follows does so itself.</summary>
    private void EmitProbe(in Entry address, int memory, long extent, bool isWhole)
    {
        int position = -1;
        if (!isWhole)
        {
            LoadCopy(address);
            if (address.Type == LocalKind.I32)
            {
                _il.Emit(Il.ConvU8);
            }

            _il.LoadLocal(MemoryBase(memory));
            _il.Emit(Il.Add);
            position = _il.LoadPatchable((int)extent - 1, isWide: extent > FarPlace);
            _il.Emit(Il.Add);
            _il.Emit(Il.LdindU1);
            _il.Emit(Il.Pop);
        }

        if (memory == 0)
        {
            NoteProbe(address, extent, position);
        }

        NoteExtent(address, memory, extent);
    }
}
