using System.Reflection.Emit;
using Atoll.Components.Types;

namespace Atoll.Components.Abi.Adapters;

/// <summary>Where a value is, or shall be, at one point of the code of an adapter.</summary>
internal abstract class Place
{
}

/// <summary>A guest while code for it is emitted: the locals that hold what the code needs of it.</summary>
/// <param name="End">Holds the <see cref="GuestEnd"/>.</param>
/// <param name="State">Holds its <see cref="ComponentState"/>.</param>
/// <param name="IsCaller">Whether it is the guest that calls.</param>
/// <param name="Is64">Whether its pointers and lengths have 64 bits.</param>
internal sealed record GuestCode(LocalBuilder End, LocalBuilder State, bool IsCaller, bool Is64);

/// <summary>Core values in locals, as parameters and results pass them (<c>CoreValueIter</c>).</summary>
internal sealed class FlatPlace(GuestCode guest, LocalBuilder[] slots, int start) : Place
{
    public GuestCode Guest { get; } = guest;

    public LocalBuilder[] Slots { get; } = slots;

    public int Start { get; } = start;

    public FlatPlace At(int offset) => new(Guest, Slots, Start + offset);
}

/// <summary>Bytes in a guest's memory whose bounds were checked: an address in a local, and an offset.</summary>
internal sealed class MemoryPlace(GuestCode guest, LocalBuilder address, uint offset) : Place
{
    public GuestCode Guest { get; } = guest;

    public LocalBuilder Address { get; } = address;

    public uint Offset { get; } = offset;

    public MemoryPlace At(uint offset) => new(Guest, Address, Offset + offset);
}

/// <summary>A .NET value in a local.</summary>
internal sealed class HostPlace(LocalBuilder local, HostShape shape) : Place
{
    public LocalBuilder Local { get; } = local;

    public HostShape Shape { get; } = shape;
}

/// <summary>How values of a component type are .NET values of some type: the code that reads and makes them.</summary>
internal abstract class HostShape(ComponentValueType type, Type clr)
{
    public ComponentValueType Type { get; } = type;

    public Type Clr { get; } = clr;

    /// <summary>Leaves the core value of a number, character, truth value, enumeration or set of flags.</summary>
    public abstract void EmitToCore(AdapterEmitter code, LocalBuilder value);

    /// <summary>Takes that core value, in range, from the stack.</summary>
    public abstract void EmitFromCore(AdapterEmitter code, LocalBuilder target);

    /// <summary>Leaves a string.</summary>
    public abstract void EmitToString(AdapterEmitter code, LocalBuilder value);

    public abstract void EmitFromString(AdapterEmitter code, LocalBuilder target);

    /// <summary>Leaves a <see cref="ComponentResource"/>.</summary>
    public abstract void EmitToResource(AdapterEmitter code, LocalBuilder value);

    public abstract void EmitFromResource(AdapterEmitter code, LocalBuilder target);

    /// <summary>Shapes of a record's fields, or of the elements of a tuple.</summary>
    public abstract HostShape[] Fields { get; }

    public abstract void EmitGetFields(AdapterEmitter code, LocalBuilder value, LocalBuilder[] targets);

    public abstract void EmitMakeRecord(AdapterEmitter code, LocalBuilder[] fields, LocalBuilder target);

    /// <summary>Leaves the number of a variant's case.</summary>
    public abstract void EmitCase(AdapterEmitter code, LocalBuilder value);

    /// <summary>Shape of the payload of a case that has one.</summary>
    public abstract HostShape Payload(int index);

    public abstract void EmitGetPayload(AdapterEmitter code, LocalBuilder value, int index, LocalBuilder target);

    /// <summary>Makes a case; the payload is null where it has none.</summary>
    public abstract void EmitMakeCase(AdapterEmitter code, int index, LocalBuilder? payload, LocalBuilder target);

    /// <summary>Shape of a list's elements.</summary>
    public abstract HostShape Element { get; }

    /// <summary>Gives the array that the elements are in.</summary>
    public abstract LocalBuilder EmitToArray(AdapterEmitter code, LocalBuilder value);

    /// <summary>Makes a list of an array.</summary>
    public abstract void EmitFromArray(AdapterEmitter code, LocalBuilder array, LocalBuilder target);

    /// <summary>Whether the elements lie in their array as they lie in a memory.</summary>
    public abstract bool IsBulk { get; }
}
