using Atoll.Wasm;
using Atoll.Wasm.Binary;

namespace Atoll.Reference;

/// <content>Memory instructions (specification, "Execution / Instructions / Memory Instructions").</content>
internal sealed partial class Interpreter
{
    private bool TryMemory(Step step)
    {
        switch (step.Opcode)
        {
            case Opcode.MemorySize:
                PushSize(_frame.Module.Memories[step.First].Pages, _frame.Module.Memories[step.First].Type.Is64);
                return true;
            case Opcode.MemoryGrow:
                MemoryGrow(_frame.Module.Memories[step.First]);
                return true;
            case Opcode.MemoryFill:
                MemoryFill(_frame.Module.Memories[step.First]);
                return true;
            case Opcode.MemoryCopy:
                MemoryCopy(_frame.Module.Memories[step.First], _frame.Module.Memories[step.Second]);
                return true;
            case Opcode.MemoryInit:
                MemoryInit(_frame.Module.Data[step.First], _frame.Module.Memories[step.Second]);
                return true;
            case Opcode.DataDrop:
                _frame.Module.Data[step.First] = [];
                return true;
            default:
                return step.Row.Immediate == ImmediateKind.Memory && TryAccess(step);
        }
    }

    private bool TryAccess(Step step)
    {
        if (step.Access is not { } access)
        {
            return false;
        }

        int bytes = access.Bits / 8;
        if (access.IsLoad)
        {
            UInt128 value = MemoryAt(step, bytes, out ulong address).Read(address, bytes);
            if (access.IsSigned)
            {
                value = (ulong)Numerics.Integers.Signed((ulong)value, access.Bits) & Numerics.Integers.Mask(access.Width);
            }

            _stack.Push(new Slot(access.Kind, value));
        }
        else
        {
            UInt128 value = _stack.Pop(access.Kind).Bits;
            MemoryAt(step, bytes, out ulong address).Write(address, bytes, value);
        }

        return true;
    }

    /// <summary>Pops an address, adds the offset, and looks whether so many bytes from there lie inside of the memory.</summary>
    private MemoryInstance MemoryAt(Step step, int bytes, out ulong address)
    {
        MemoryInstance memory = _frame.Module.Memories[step.First];
        UInt128 exact = step.Bits + PopAddress(memory.Type.Is64);
        if (!memory.Contains(exact, (uint)bytes))
        {
            throw Trap(TrapKind.MemoryOutOfBounds);
        }

        address = (ulong)exact;
        return memory;
    }

    private ulong PopAddress(bool is64) => is64 ? _stack.PopI64() : _stack.PopI32();

    private void PushSize(ulong value, bool is64) => _stack.Push(is64 ? Slot.I64(value) : Slot.I32((uint)value));

    private void MemoryGrow(MemoryInstance memory)
    {
        ulong pages = PopAddress(memory.Type.Is64);
        ulong old = memory.Pages;
        PushSize(memory.TryGrow(pages) ? old : ulong.MaxValue, memory.Type.Is64);
    }

    private void MemoryFill(MemoryInstance memory)
    {
        ulong count = PopAddress(memory.Type.Is64);
        byte value = (byte)_stack.PopI32();
        ulong destination = PopAddress(memory.Type.Is64);
        Check(memory.Contains(destination, count), TrapKind.MemoryOutOfBounds);
        Spend(count);
        for (ulong i = 0; i < count; i++)
        {
            memory[destination + i] = value;
        }
    }

    private void MemoryCopy(MemoryInstance to, MemoryInstance from)
    {
        ulong count = PopAddress(to.Type.Is64 && from.Type.Is64);
        ulong source = PopAddress(from.Type.Is64);
        ulong destination = PopAddress(to.Type.Is64);
        Check(from.Contains(source, count) && to.Contains(destination, count), TrapKind.MemoryOutOfBounds);
        Spend(count);
        for (ulong i = 0; i < count; i++)
        {
            // Where the ranges overlap, no byte may be overwritten before it was read.
            ulong at = destination <= source ? i : count - 1 - i;
            to[destination + at] = from[source + at];
        }
    }

    private void MemoryInit(byte[] data, MemoryInstance memory)
    {
        uint count = _stack.PopI32();
        uint source = _stack.PopI32();
        ulong destination = PopAddress(memory.Type.Is64);
        Check((ulong)source + count <= (ulong)data.Length && memory.Contains(destination, count), TrapKind.MemoryOutOfBounds);
        Spend(count);
        for (uint i = 0; i < count; i++)
        {
            memory[destination + i] = data[source + i];
        }
    }

    private static void Check(bool condition, TrapKind otherwise)
    {
        if (!condition)
        {
            throw Trap(otherwise);
        }
    }
}
