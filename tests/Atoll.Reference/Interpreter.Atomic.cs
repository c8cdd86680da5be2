using Atoll.Reference.Numerics;
using Atoll.Wasm;
using Atoll.Wasm.Binary;

namespace Atoll.Reference;

/// <content>Atomic instructions (the threads proposal), for one thread: nobody else can change the memory, and nobody can wake who waits.</content>
internal sealed partial class Interpreter
{
    private const long LongestWaitNanoseconds = 1_000_000_000;

    private bool TryAtomic(Step step)
    {
        switch (step.Opcode)
        {
            case Opcode.AtomicFence:
                return true;
            case Opcode.MemoryAtomicNotify:
                _stack.PopI32();
                AtomicAddress(step, 4);
                _stack.PushI32(0u);
                return true;
            case Opcode.MemoryAtomicWait32:
                Wait(step, 4);
                return true;
            case Opcode.MemoryAtomicWait64:
                Wait(step, 8);
                return true;
            default:
                return step.Row.Immediate == ImmediateKind.AtomicMemory && TryAtomicAccess(step);
        }
    }

    private (MemoryInstance Memory, ulong Address) AtomicAddress(Step step, int bytes)
    {
        MemoryInstance memory = _frame.Module.Memories[step.First];
        UInt128 exact = step.Bits + PopAddress(memory.Type.Is64);
        Check(exact % (uint)bytes == 0, TrapKind.UnalignedAtomic);
        Check(memory.Contains(exact, (uint)bytes), TrapKind.MemoryOutOfBounds);
        return (memory, (ulong)exact);
    }

    /// <summary>Gives 1 when the memory does not have the expected value, and otherwise 2: the time-out passes, if it does so soon.</summary>
    private void Wait(Step step, int bytes)
    {
        long timeout = (long)_stack.PopI64();
        ulong expected = bytes == 4 ? _stack.PopI32() : _stack.PopI64();
        (MemoryInstance memory, ulong address) = AtomicAddress(step, bytes);
        Check(memory.Type.IsShared, TrapKind.NotShared);
        bool waits = memory.Read(address, bytes) == expected;
        if (waits && timeout is < 0 or > LongestWaitNanoseconds)
        {
            throw new ReferenceLimitException("nobody can end the wait");
        }

        _stack.PushI32(waits ? 2u : 1u);
    }

    /// <summary><c>type.atomic.load</c>, <c>store</c> and <c>rmw.operation</c>.</summary>
    private bool TryAtomicAccess(Step step)
    {
        string[] name = step.Row.Mnemonic.Split('.');
        SlotKind kind = name[0] == "i32" ? SlotKind.I32 : SlotKind.I64;
        int bytes = 1 << step.Row.NaturalAlignment;
        if (name[2].StartsWith("load", StringComparison.Ordinal))
        {
            (MemoryInstance from, ulong at) = AtomicAddress(step, bytes);
            _stack.Push(new Slot(kind, from.Read(at, bytes)));
            return true;
        }

        ulong operand = (ulong)_stack.Pop(kind).Bits;
        if (name[2].StartsWith("store", StringComparison.Ordinal))
        {
            (MemoryInstance to, ulong at) = AtomicAddress(step, bytes);
            to.Write(at, bytes, operand);
            return true;
        }

        string operation = name[3].Split('_')[0];
        ulong expected = operation == "cmpxchg" ? (ulong)_stack.Pop(kind).Bits : 0;
        (MemoryInstance memory, ulong address) = AtomicAddress(step, bytes);
        ulong old = (ulong)memory.Read(address, bytes);
        ulong value = operation switch
        {
            "add" => old + operand,
            "sub" => old - operand,
            "and" => old & operand,
            "or" => old | operand,
            "xor" => old ^ operand,
            "xchg" => operand,
            // The expected value is wrapped to the width of the access.
            "cmpxchg" => old == (expected & Integers.Mask(8 * bytes)) ? operand : old,
            _ => throw new ReferenceDefectException($"the interpreter does not know {step}"),
        };
        memory.Write(address, bytes, value & Integers.Mask(8 * bytes));
        _stack.Push(new Slot(kind, old));
        return true;
    }
}
