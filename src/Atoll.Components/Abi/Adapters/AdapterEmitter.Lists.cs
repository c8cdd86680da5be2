using System.Reflection.Emit;
using Atoll.Components.Types;

namespace Atoll.Components.Abi.Adapters;

/// <content>Strings and lists.</content>
internal sealed partial class AdapterEmitter
{
    private void TransferString(Place from, Place to)
    {
        if (from is HostPlace given && to is HostPlace taken)
        {
            given.Shape.EmitToString(this, given.Local);
            taken.Shape.EmitFromString(this, taken.Local);
            return;
        }

        LocalBuilder units = Local<ulong>();
        if (from is HostPlace source)
        {
            Il.Emit(OpCodes.Ldloc, GuestOf(to)!.End);
            if (source.Shape is TextSpanShape text)
            {
                Il.Emit(OpCodes.Ldloc, source.Local);
                Il.Emit(OpCodes.Ldloca, units);
                Call(typeof(Strings), text.IsUtf8 ? nameof(Strings.LowerUtf8Span) : nameof(Strings.LowerSpan));
            }
            else
            {
                source.Shape.EmitToString(this, source.Local);
                Il.Emit(OpCodes.Ldloca, units);
                Call(typeof(Strings), nameof(Strings.Lower));
            }

            StorePair(to, units);
            return;
        }

        Il.Emit(OpCodes.Ldloc, GuestOf(from)!.End);
        LoadPointer(from);
        LoadLength(from);
        if (to is HostPlace { Shape: WriterShape writer } into)
        {
            writer.EmitWriteString(this, into.Local);
            return;
        }

        if (to is HostPlace target)
        {
            Call(typeof(Strings), nameof(Strings.Lift));
            target.Shape.EmitFromString(this, target.Local);
            return;
        }

        Il.Emit(OpCodes.Ldloc, GuestOf(to)!.End);
        Il.Emit(OpCodes.Ldloca, units);
        Call(typeof(Strings), nameof(Strings.Transfer));
        StorePair(to, units);
    }

    private void TransferList(ComponentValueType element, Place from, Place to)
    {
        LocalBuilder count = Local<int>();

        // An address; or the span that the host has the elements in.
        LocalBuilder? source = null;
        LocalBuilder? sourceArray = null;
        if (from is HostPlace { Shape: SpanShape span } numbers && to is not HostPlace)
        {
            source = span.EmitSpan(this, numbers.Local);
            Il.Emit(OpCodes.Ldloca, source);
            Il.Emit(OpCodes.Call, source.LocalType.GetProperty("Length")!.GetMethod!);
            Il.Emit(OpCodes.Stloc, count);
        }
        else if (from is HostPlace host)
        {
            sourceArray = host.Shape.EmitToArray(this, host.Local);
            Il.Emit(OpCodes.Ldloc, sourceArray);
            Il.Emit(OpCodes.Ldlen);
            Il.Emit(OpCodes.Conv_I4);
            Il.Emit(OpCodes.Stloc, count);
        }
        else
        {
            source = Local<nint>();
            GuestCode guest = GuestOf(from)!;
            Il.Emit(OpCodes.Ldloc, guest.End);
            LoadPointer(from);
            LoadLength(from);
            Il.Emit(OpCodes.Ldc_I4, (int)Layout.ElemSize(element, guest.Is64));
            Il.Emit(OpCodes.Ldc_I4, (int)Layout.Alignment(element, guest.Is64));
            Il.Emit(OpCodes.Ldloca, count);
            Call(typeof(GuestEnd), nameof(GuestEnd.Elements));
            Il.Emit(OpCodes.Stloc, source);
        }

        if (to is HostPlace { Shape: WriterShape writer } into && from is not HostPlace)
        {
            writer.EmitWriteList(this, GuestOf(from)!.State, source!, count, into.Local);
            return;
        }

        if (to is HostPlace made)
        {
            LocalBuilder array = NewArray(made, count, from, isWritten: IsCopied(element, from, to));
            Elements(element, count, source, sourceArray, from, null, array, to);
            made.Shape.EmitFromArray(this, array, made.Local);
            return;
        }

        LocalBuilder target = Local<nint>();
        LocalBuilder pointer = Local<ulong>();
        GuestCode taker = GuestOf(to)!;
        Il.Emit(OpCodes.Ldloc, taker.End);
        Il.Emit(OpCodes.Ldloc, count);
        Il.Emit(OpCodes.Ldc_I4, (int)Layout.ElemSize(element, taker.Is64));
        Il.Emit(OpCodes.Ldc_I4, (int)Layout.Alignment(element, taker.Is64));
        Il.Emit(OpCodes.Ldloca, pointer);
        Call(typeof(GuestEnd), nameof(GuestEnd.AllocateElements));
        Il.Emit(OpCodes.Stloc, target);
        Elements(element, count, source, sourceArray, from, target, null, to);
        Il.Emit(OpCodes.Ldloc, pointer);
        LocalBuilder units = Local<ulong>();
        Il.Emit(OpCodes.Ldloc, count);
        Il.Emit(OpCodes.Conv_U8);
        Il.Emit(OpCodes.Stloc, units);
        StorePair(to, units);
    }

    /// <summary>Copies elements; all at once where both sides have them in the same form, and every form is a value.</summary>
    private void Elements(
        ComponentValueType element, LocalBuilder count, LocalBuilder? source, LocalBuilder? sourceArray, Place from, LocalBuilder? target, LocalBuilder? targetArray, Place to)
    {
        if (IsCopied(element, from, to))
        {
            LoadStart(target, targetArray);
            LoadStart(source, sourceArray);
            Il.Emit(OpCodes.Ldloc, count);
            Il.Emit(OpCodes.Ldc_I4, (int)Layout.ElemSize(element, is64: false));
            Call(typeof(HostLists), nameof(HostLists.Copy));
            return;
        }

        LocalBuilder index = Local<int>();
        Label test = Il.DefineLabel();
        Label body = Il.DefineLabel();
        Il.Emit(OpCodes.Ldc_I4_0);
        Il.Emit(OpCodes.Stloc, index);
        Il.Emit(OpCodes.Br, test);
        Il.MarkLabel(body);
        Place item = Element(element, source, sourceArray, from, index);
        Place made = Element(element, target, targetArray, to, index);
        if (item is HostPlace read)
        {
            Il.Emit(OpCodes.Ldloc, sourceArray!);
            Il.Emit(OpCodes.Ldloc, index);
            Il.Emit(OpCodes.Ldelem, read.Shape.Clr);
            Il.Emit(OpCodes.Stloc, read.Local);
        }

        Transfer(element, item, made);
        if (made is HostPlace written)
        {
            Il.Emit(OpCodes.Ldloc, targetArray!);
            Il.Emit(OpCodes.Ldloc, index);
            Il.Emit(OpCodes.Ldloc, written.Local);
            Il.Emit(OpCodes.Stelem, written.Shape.Clr);
        }

        Increment(index, 1);
        Advance(source, element, from);
        Advance(target, element, to);
        Il.MarkLabel(test);
        Il.Emit(OpCodes.Ldloc, index);
        Il.Emit(OpCodes.Ldloc, count);
        Il.Emit(OpCodes.Blt_Un, body);
    }

    /// <summary>Whether elements are copied as bytes, all at once.</summary>
    private static bool IsCopied(ComponentValueType element, Place from, Place to) =>
        from is not HostPlace { Shape.IsBulk: false } && to is not HostPlace { Shape.IsBulk: false } && IsPlain(element);

    private void TransferFixedList(ComponentValueType element, uint length, Place from, Place to)
    {
        if (from is not FlatPlace && to is not FlatPlace)
        {
            LoopFixedList(element, length, from, to);
            return;
        }

        // At most as many elements as there are flat values.
        LocalBuilder? array = from is HostPlace host ? host.Shape.EmitToArray(this, host.Local) : to is HostPlace target ? NewArray(target, length) : null;
        if (from is HostPlace)
        {
            CheckLength(array!, length);
        }

        int flat = Layout.FlatCount(element);
        for (int i = 0; i < length; i++)
        {
            Place item = from is FlatPlace slots ? slots.At(i * flat)
                : from is MemoryPlace memory ? memory.At((uint)i * Layout.ElemSize(element, memory.Guest.Is64))
                : ReadElement((HostPlace)from, array!, i);
            Place made = to is FlatPlace targets ? targets.At(i * flat)
                : to is MemoryPlace bytes ? bytes.At((uint)i * Layout.ElemSize(element, bytes.Guest.Is64))
                : new HostPlace(Il.DeclareLocal(((HostPlace)to).Shape.Element.Clr), ((HostPlace)to).Shape.Element);
            Transfer(element, item, made);
            if (made is HostPlace written)
            {
                Il.Emit(OpCodes.Ldloc, array!);
                Il.Emit(OpCodes.Ldc_I4, i);
                Il.Emit(OpCodes.Ldloc, written.Local);
                Il.Emit(OpCodes.Stelem, written.Shape.Clr);
            }
        }

        if (to is HostPlace result)
        {
            result.Shape.EmitFromArray(this, array!, result.Local);
        }
    }

    private void LoopFixedList(ComponentValueType element, uint length, Place from, Place to)
    {
        LocalBuilder count = Local<int>();
        Il.Emit(OpCodes.Ldc_I4, (int)length);
        Il.Emit(OpCodes.Stloc, count);
        LocalBuilder? sourceArray = null;
        if (from is HostPlace host)
        {
            sourceArray = host.Shape.EmitToArray(this, host.Local);
            CheckLength(sourceArray, length);
        }

        LocalBuilder? targetArray = to is HostPlace made ? NewArray(made, length) : null;
        Elements(element, count, AddressOf(from), sourceArray, from, AddressOf(to), targetArray, to);
        if (to is HostPlace result)
        {
            result.Shape.EmitFromArray(this, targetArray!, result.Local);
        }
    }

    /// <summary>An array for a list from somewhere; a guest pays for it.</summary>
    private LocalBuilder NewArray(HostPlace place, LocalBuilder count, Place from, bool isWritten)
    {
        Type element = place.Shape.Element.Clr;
        LocalBuilder array = Il.DeclareLocal(element.MakeArrayType());
        if (GuestOf(from) is { } guest)
        {
            Il.Emit(OpCodes.Ldloc, guest.State);
            Il.Emit(OpCodes.Ldloc, count);
            Il.Emit(OpCodes.Sizeof, element);
            Call(typeof(HostLists), nameof(HostLists.Charge));
        }

        Il.Emit(OpCodes.Ldloc, count);
        if (isWritten)
        {
            Il.Emit(OpCodes.Call, typeof(HostLists).GetMethod(nameof(HostLists.NewArray))!.MakeGenericMethod(element));
        }
        else
        {
            Il.Emit(OpCodes.Newarr, element);
        }

        Il.Emit(OpCodes.Stloc, array);
        return array;
    }

    private LocalBuilder NewArray(HostPlace place, uint length)
    {
        LocalBuilder array = Il.DeclareLocal(place.Shape.Element.Clr.MakeArrayType());
        Il.Emit(OpCodes.Ldc_I4, (int)length);
        Il.Emit(OpCodes.Newarr, place.Shape.Element.Clr);
        Il.Emit(OpCodes.Stloc, array);
        return array;
    }

    private HostPlace ReadElement(HostPlace from, LocalBuilder array, int index)
    {
        LocalBuilder local = Il.DeclareLocal(from.Shape.Element.Clr);
        Il.Emit(OpCodes.Ldloc, array);
        Il.Emit(OpCodes.Ldc_I4, index);
        Il.Emit(OpCodes.Ldelem, from.Shape.Element.Clr);
        Il.Emit(OpCodes.Stloc, local);
        return new HostPlace(local, from.Shape.Element);
    }

    private void CheckLength(LocalBuilder array, uint length)
    {
        Il.Emit(OpCodes.Ldloc, array);
        Il.Emit(OpCodes.Ldlen);
        Il.Emit(OpCodes.Conv_I4);
        Il.Emit(OpCodes.Ldc_I4, (int)length);
        Call(typeof(HostLists), nameof(HostLists.CheckLength));
    }

    private LocalBuilder? AddressOf(Place place)
    {
        if (place is not MemoryPlace memory)
        {
            return null;
        }

        LocalBuilder address = Local<nint>();
        LoadAddress(memory);
        Il.Emit(OpCodes.Stloc, address);
        return address;
    }

    private Place Element(ComponentValueType element, LocalBuilder? address, LocalBuilder? array, Place list, LocalBuilder index) =>
        address is not null ? new MemoryPlace(GuestOf(list)!, address, 0)
        : array is not null ? new HostPlace(Il.DeclareLocal(((HostPlace)list).Shape.Element.Clr), ((HostPlace)list).Shape.Element)
        : throw new InvalidOperationException($"no elements of {element.Kind} at {index}");

    private void LoadStart(LocalBuilder? address, LocalBuilder? array)
    {
        if (address is { LocalType.IsGenericType: true })
        {
            Il.Emit(OpCodes.Ldloc, address);
            Il.Emit(OpCodes.Call, typeof(HostLists).GetMethod(nameof(HostLists.SpanStart))!.MakeGenericMethod(address.LocalType.GetGenericArguments()));
        }
        else if (address is not null)
        {
            Il.Emit(OpCodes.Ldloc, address);
            Call(typeof(HostLists), nameof(HostLists.Reference));
        }
        else
        {
            Il.Emit(OpCodes.Ldloc, array!);
            Call(typeof(HostLists), nameof(HostLists.Start));
        }
    }

    private void Advance(LocalBuilder? address, ComponentValueType element, Place list)
    {
        if (address is not null)
        {
            Increment(address, (int)Layout.ElemSize(element, GuestOf(list)!.Is64));
        }
    }

    private void Increment(LocalBuilder local, int by)
    {
        Il.Emit(OpCodes.Ldloc, local);
        Il.Emit(OpCodes.Ldc_I4, by);
        Il.Emit(OpCodes.Add);
        Il.Emit(OpCodes.Stloc, local);
    }

    private void LoadPointer(Place from) => LoadWord(from, 0);

    private void LoadLength(Place from) => LoadWord(from, 1);

    /// <summary>Leaves a pointer (0) or a length (1) as a number of 64 bits.</summary>
    private void LoadWord(Place from, int index)
    {
        bool is64 = GuestOf(from)!.Is64;
        uint size = Layout.PointerSize(is64);
        LoadCore(is64 ? Wasm.ValueType.I64 : Wasm.ValueType.I32, size, Word(from, index));
        if (!is64)
        {
            Il.Emit(OpCodes.Conv_U8);
        }
    }

    /// <summary>Takes a pointer from the stack and stores it with a length.</summary>
    private void StorePair(Place to, LocalBuilder length)
    {
        StoreWord(to, 0);
        Il.Emit(OpCodes.Ldloc, length);
        StoreWord(to, 1);
    }

    private void StoreWord(Place to, int index)
    {
        bool is64 = GuestOf(to)!.Is64;
        if (!is64)
        {
            Il.Emit(OpCodes.Conv_U4);
        }

        StoreCore(is64 ? Wasm.ValueType.I64 : Wasm.ValueType.I32, Layout.PointerSize(is64), Word(to, index));
    }

    private static Place Word(Place pair, int index) =>
        pair is FlatPlace flat ? flat.At(index) : ((MemoryPlace)pair).At((uint)index * Layout.PointerSize(((MemoryPlace)pair).Guest.Is64));

    /// <summary>Whether every bit pattern is a value, so that bytes may be copied as they are. Truth values, characters and cases have patterns that are none.</summary>
    private static bool IsPlain(ComponentValueType type) => type.Kind switch
    {
        >= ComponentValueKind.S8 and <= ComponentValueKind.F64 => true,
        ComponentValueKind.Record or ComponentValueKind.Tuple => Layout.Fields(type).All(IsPlain),
        ComponentValueKind.List when ((ListType)type).Length is not null => IsPlain(((ListType)type).Element),
        _ => false,
    };
}
