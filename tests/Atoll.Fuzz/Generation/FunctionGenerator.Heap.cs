using Atoll.Wasm;
using Atoll.Wasm.Binary;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Fuzz.Generation;

/// <content>Structures, arrays, small integers, casts.</content>
internal sealed partial class FunctionGenerator
{
    /// <summary>A function that a reference of the type can refer to, or null.</summary>
    private int? FunctionFor(ValueType type) => type == ValueType.FuncRef
        ? _choices.Pick(_plan.Functions.Count)
        : PickIndex(_plan.Functions, function => type.IsDefined && ModulePlan.IndexOf(type) == _plan.TypeIndex(function), _ => true);

    /// <summary>A reference in the hierarchy of <c>any</c>.</summary>
    private void HeapExpression(ValueType type)
    {
        switch (_choices.Pick(5))
        {
            case 0 or 1:
                Make(type);
                break;
            case 2:
                Cast(type);
                break;
            case 3 when TypesBelow(type) is { Count: > 0 } below:
                // What is of a subtype is of the type.
                Expression(_choices.Pick(below));
                _stack[^1] = type;
                break;
            case 4 when _plan.ValueTypes.Contains(ValueType.ExternRef) && type == ValueType.AnyRef:
                Expression(ValueType.ExternRef);
                _code.Opcode(Opcode.AnyConvertExtern);
                _stack[^1] = type;
                break;
            default:
                Leaf(type);
                break;
        }
    }

    /// <summary>The types that the module uses and that match a type.</summary>
    private List<ValueType> TypesBelow(ValueType type) => [.. _plan.ValueTypes.Where(candidate => candidate != type && IsBelow(candidate, type))];

    private bool IsBelow(ValueType candidate, ValueType type)
    {
        if (_plan.HeapTypeOf(candidate) is not { } heap)
        {
            return type == ValueType.AnyRef ? candidate == ValueType.EqRef || candidate == ValueType.I31Ref : type == ValueType.EqRef && candidate == ValueType.I31Ref;
        }

        return type.IsDefined
            ? _plan.HeapTypeOf(type) is not null && _plan.IsSubtype(ModulePlan.IndexOf(candidate), ModulePlan.IndexOf(type))
            : type == ValueType.AnyRef || type == ValueType.EqRef || type == (heap.IsArray ? ValueType.ArrayRef : ValueType.StructRef);
    }

    /// <summary>A new object of the type or of one below, or a small integer.</summary>
    private void Make(ValueType type)
    {
        int[] fitting = [.. Enumerable.Range(0, _plan.HeapTypes.Count)
            .Where(index => IsBelow(ModulePlan.ReferenceTo(index), type) || ModulePlan.ReferenceTo(index) == type)];
        bool canBeNumber = type == ValueType.AnyRef || type == ValueType.EqRef || type == ValueType.I31Ref;
        if (canBeNumber && (fitting.Length == 0 || _choices.OneIn(3)))
        {
            Expression(ValueType.I32);
            _code.Opcode(Opcode.RefI31);
            _stack[^1] = type;
        }
        else if (fitting.Length > 0)
        {
            New(_choices.Pick(fitting));
            _stack[^1] = type;
        }
        else
        {
            Leaf(type);
        }
    }

    private void New(int index)
    {
        HeapTypePlan heap = _plan.HeapTypes[index];
        bool isDefault = _budget < 0 || _choices.OneIn(3);
        if (!heap.IsArray)
        {
            foreach ((ValueType storage, _) in isDefault ? [] : heap.Fields)
            {
                Expression(storage.Unpacked);
            }

            _code.Opcode(isDefault ? Opcode.StructNewDefault : Opcode.StructNew).Unsigned((uint)index);
            Pop(isDefault ? 0 : heap.Fields.Count);
        }
        else
        {
            NewArray(index, heap.Fields[0].Storage, isDefault);
        }

        Push(ModulePlan.ReferenceTo(index));
    }

    private void NewArray(int index, ValueType storage, bool isDefault)
    {
        int data = _plan.Data.Count == 0 ? -1 : _choices.Pick(_plan.Data.Count);
        if (isDefault)
        {
            Count(ValueType.I32, 20);
            _code.Opcode(Opcode.ArrayNewDefault).Unsigned((uint)index);
            Pop();
        }
        else if (_choices.OneIn(3))
        {
            int count = _choices.Pick(5);
            for (int i = 0; i < count; i++)
            {
                Expression(storage.Unpacked);
            }

            _code.Opcode(Opcode.ArrayNewFixed).Unsigned((uint)index).Unsigned((uint)count);
            Pop(count);
        }
        else if (data >= 0 && !storage.IsReference && _choices.OneIn(3))
        {
            Count(ValueType.I32, 3);
            Count(ValueType.I32, 5);
            _code.Opcode(Opcode.ArrayNewData).Unsigned((uint)index).Unsigned((uint)data);
            Pop(2);
        }
        else if (storage.IsReference && ElementsFor(storage) is { } segment)
        {
            Count(ValueType.I32, 2);
            Count(ValueType.I32, _plan.Elements[segment].Length + 1);
            _code.Opcode(Opcode.ArrayNewElem).Unsigned((uint)index).Unsigned((uint)segment);
            Pop(2);
        }
        else
        {
            Expression(storage.Unpacked);
            Count(ValueType.I32, 20);
            _code.Opcode(Opcode.ArrayNew).Unsigned((uint)index);
            Pop(2);
        }
    }

    /// <summary>Something of the hierarchy as the type: by a branch, or by an instruction that traps when it is another.</summary>
    private void Cast(ValueType type)
    {
        ValueType from = _choices.OneIn(2) && _plan.ValueTypes.Contains(ValueType.EqRef) ? ValueType.EqRef : ValueType.AnyRef;
        if (!IsBelow(type, from))
        {
            Leaf(type);
            return;
        }

        if (_choices.OneIn(4))
        {
            Expression(from);
            _code.Opcode(_choices.OneIn(4) ? Opcode.RefCast : Opcode.RefCastNull).HeapType(type);
            _stack[^1] = type;
            return;
        }

        int height = _stack.Count;
        bool whenFails = _choices.OneIn(2);
        ValueType inner = whenFails ? type : from;
        Open(Opcode.Block, [], [whenFails ? from : type], new Label([whenFails ? from : type], null, height));
        Expression(from);
        _code.Opcode(whenFails ? Opcode.BrOnCastFail : Opcode.BrOnCast).Byte(3).Unsigned(0).HeapType(from).HeapType(type);
        if (whenFails)
        {
            // Here it is of the type; outside, behind the branch, it is not.
            int place = NewLocal(type);
            _stack[^1] = inner;
            SetLocal(place);
            _code.Opcode(Opcode.RefNull).HeapType(from);
            Push(from);
            Close([from]);
            Drop();
            GetLocal(place);
            return;
        }

        Drop();
        Leaf(type);
        Close([type]);
    }

    /// <summary>An object of a defined type that is not null, except for a trap now and then.</summary>
    private void Object(int index)
    {
        ValueType type = ModulePlan.ReferenceTo(index);
        switch (_choices.Pick(8))
        {
            case 0 or 1 or 2:
                New(index);
                break;
            case 3 or 4 or 5 or 6 when _plan.Has(WasmFeatures.FunctionReferences):
                ValueType present = ModulePlan.ReferenceTo(index, isNullable: false);
                Open(Opcode.Block, [], [present], new Label([present], null, _stack.Count));
                Expression(type);
                _code.Opcode(Opcode.BrOnNonNull).Unsigned(0);
                Pop();
                New(index);
                _labels.RemoveAt(_labels.Count - 1);
                _code.Opcode(Opcode.End);
                break;
            default:
                Expression(type);
                if (_plan.Has(WasmFeatures.FunctionReferences) && _choices.OneIn(2))
                {
                    _code.Opcode(Opcode.RefAsNonNull);
                }

                break;
        }
    }

    /// <summary>Leaves a block when a reference is null.</summary>
    private void BranchOnNull(ValueType type)
    {
        int[] targets = [.. Targets().Where(depth => LabelAt(depth).Types.Count == 0)];
        if (targets.Length > 0)
        {
            Expression(type);
            _code.Opcode(Opcode.BrOnNull).Unsigned((uint)_choices.Pick(targets));
            Drop();
        }
    }

    /// <summary>What a field or element of the type has; or, of integers, something about a reference. False when nothing fits.</summary>
    private bool FieldExpression(ValueType type)
    {
        if (type == ValueType.I32 && _choices.OneIn(3))
        {
            Question();
            return true;
        }

        (int Index, int Field)[] fitting = [.. _plan.HeapTypes.SelectMany((heap, index) => heap.Fields
            .Select((field, number) => (Index: index, Field: number, field.Storage)).Where(place => place.Storage.Unpacked == type))
            .Select(place => (place.Index, place.Field))];
        if (fitting.Length == 0)
        {
            return false;
        }

        (int index, int field) = _choices.Pick(fitting);
        HeapTypePlan heap = _plan.HeapTypes[index];
        int sign = heap.Fields[field].Storage.IsPacked ? 1 + _choices.Pick(2) : 0;
        Object(index);
        if (heap.IsArray)
        {
            ElementIndex();
            _code.Opcode(Opcode.ArrayGet + sign).Unsigned((uint)index);
            Pop();
        }
        else
        {
            _code.Opcode(Opcode.StructGet + sign).Unsigned((uint)index).Unsigned((uint)field);
        }

        _stack[^1] = type;
        return true;
    }

    private void ElementIndex()
    {
        if (_choices.OneIn(3))
        {
            Expression(ValueType.I32);
            _code.Opcode(Opcode.I32Const).Signed(3).Opcode(Opcode.I32And);
            return;
        }

        Count(ValueType.I32, 2);
    }

    /// <summary>A test, a comparison, a length or a small integer's number.</summary>
    private void Question()
    {
        ValueType some = _plan.ValueTypes.Contains(ValueType.EqRef) ? ValueType.EqRef : ModulePlan.ReferenceTo(_choices.Pick(_plan.HeapTypes.Count));
        int array = _plan.HeapTypes.FindIndex(heap => heap.IsArray);
        switch (_choices.Pick(4))
        {
            case 0:
                Expression(some);
                Expression(some);
                _code.Opcode(Opcode.RefEq);
                Pop();
                break;
            case 1 when array >= 0:
                Object(array);
                _code.Opcode(Opcode.ArrayLen);
                break;
            case 2:
                Make(ValueType.I31Ref);
                _code.Opcode(_choices.OneIn(2) ? Opcode.I31GetS : Opcode.I31GetU);
                break;
            default:
                Expression(some);
                ValueType asked = _choices.OneIn(2) ? ModulePlan.ReferenceTo(_choices.Pick(_plan.HeapTypes.Count))
                    : _choices.Pick([ValueType.I31Ref, ValueType.StructRef, ValueType.ArrayRef, ValueType.EqRef, ValueType.NullRef]);
                _code.Opcode(_choices.OneIn(2) ? Opcode.RefTest : Opcode.RefTestNull).HeapType(asked);
                break;
        }

        _stack[^1] = ValueType.I32;
    }

    /// <summary>Writes a field, an element or a range of elements.</summary>
    private void HeapStatement()
    {
        int index = _choices.Pick(_plan.HeapTypes.Count);
        HeapTypePlan heap = _plan.HeapTypes[index];
        int field = _choices.Pick(heap.Fields.Count);
        if (_choices.OneIn(8))
        {
            BranchOnNull(ModulePlan.ReferenceTo(index));
            return;
        }

        if (heap.Fields.Count == 0 || !heap.Fields[field].IsMutable)
        {
            return;
        }

        ValueType storage = heap.Fields[field].Storage;
        int height = _stack.Count;
        Object(index);
        if (!heap.IsArray)
        {
            Expression(storage.Unpacked);
            _code.Opcode(Opcode.StructSet).Unsigned((uint)index).Unsigned((uint)field);
        }
        else
        {
            ArrayStatement(index, storage);
        }

        Truncate(height);
    }

    private void ArrayStatement(int index, ValueType storage)
    {
        ElementIndex();
        switch (_choices.Pick(5))
        {
            case 0:
                Expression(storage.Unpacked);
                Count(ValueType.I32, 4);
                _code.Opcode(Opcode.ArrayFill).Unsigned((uint)index);
                break;
            case 1:
                Object(index);
                ElementIndex();
                Count(ValueType.I32, 4);
                _code.Opcode(Opcode.ArrayCopy).Unsigned((uint)index).Unsigned((uint)index);
                break;
            case 2 when _plan.Data.Count > 0 && !storage.IsReference:
                Count(ValueType.I32, 4);
                Count(ValueType.I32, 4);
                _code.Opcode(Opcode.ArrayInitData).Unsigned((uint)index).Unsigned((uint)_choices.Pick(_plan.Data.Count));
                break;
            case 3 when storage.IsReference && ElementsFor(storage) is { } segment:
                Count(ValueType.I32, 2);
                Count(ValueType.I32, 3);
                _code.Opcode(Opcode.ArrayInitElem).Unsigned((uint)index).Unsigned((uint)segment);
                break;
            default:
                Expression(storage.Unpacked);
                _code.Opcode(Opcode.ArraySet).Unsigned((uint)index);
                break;
        }
    }
}
