using Atoll.Wasm;
using Atoll.Wasm.Binary;

namespace Atoll.Reference;

/// <content>References of known types: null tests, casts, comparisons, small integers (specification, "Reference Instructions").</content>
internal sealed partial class Interpreter
{
    private bool TryReference(Step step)
    {
        switch (step.Opcode)
        {
            case Opcode.RefNull:
                _stack.Push(Slot.Null);
                return true;
            case Opcode.RefIsNull:
                _stack.PushI32(_stack.PopReference() is null);
                return true;
            case Opcode.RefFunc:
                _stack.Push(Slot.Ref(_frame.Module.Functions[step.First]));
                return true;
            case Opcode.RefAsNonNull:
                _stack.Push(Slot.Ref(PopNotNull()));
                return true;
            case Opcode.RefEq:
                // Two small integers are equal by their value, all others by what they are.
                object? right = _stack.PopReference();
                object? left = _stack.PopReference();
                _stack.PushI32(ReferenceEquals(left, right) || (left is SmallInteger && left.Equals(right)));
                return true;
            case Opcode.RefI31:
                _stack.Push(Slot.Ref(new SmallInteger(_stack.PopI32() & 0x7FFF_FFFF)));
                return true;
            case Opcode.I31GetU:
                _stack.PushI32(((SmallInteger)PopNotNull()).Bits);
                return true;
            case Opcode.I31GetS:
                _stack.PushI32((uint)Numerics.Integers.Signed(((SmallInteger)PopNotNull()).Bits, 31));
                return true;
            case Opcode.AnyConvertExtern or Opcode.ExternConvertAny:
                // The reference stays what it is; only its static type changes.
                _stack.Push(Slot.Ref(_stack.PopReference()));
                return true;
            case Opcode.RefTest or Opcode.RefTestNull:
                _stack.PushI32(Matching.IsOf(_stack.PopReference(), step.Reference));
                return true;
            case Opcode.RefCast or Opcode.RefCastNull:
                object? reference = _stack.PopReference();
                Check(Matching.IsOf(reference, step.Reference), TrapKind.CastFailure);
                _stack.Push(Slot.Ref(reference));
                return true;
            default:
                return TryConditional(step);
        }
    }

    /// <summary>Branches on what a reference is.</summary>
    private bool TryConditional(Step step)
    {
        switch (step.Opcode)
        {
            case Opcode.BrOnNull:
                object? reference = _stack.PopReference();
                if (reference is null)
                {
                    Branch(step.First);
                }
                else
                {
                    _stack.Push(Slot.Ref(reference));
                }

                return true;
            case Opcode.BrOnNonNull:
                object? other = _stack.PopReference();
                if (other is not null)
                {
                    _stack.Push(Slot.Ref(other));
                    Branch(step.First);
                }

                return true;
            case Opcode.BrOnCast or Opcode.BrOnCastFail:
                object? cast = _stack.PopReference();
                _stack.Push(Slot.Ref(cast));
                if (Matching.IsOf(cast, step.Reference) == (step.Opcode == Opcode.BrOnCast))
                {
                    Branch(step.First);
                }

                return true;
            default:
                return false;
        }
    }

    private object PopNotNull() => _stack.PopReference() ?? throw Trap(TrapKind.NullReference);
}
