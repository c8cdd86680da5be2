using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;
using Atoll.Components.Types;

namespace Atoll.Components.Abi.Adapters;

/// <summary>
/// Emits the code that takes a value of some type from one place to another (CanonicalABI.md, "Loading", "Storing", "Flat Lifting", "Flat Lowering"): between
/// two guests it is one pass, without a value in between. The code is as long as the type; what is large goes into methods of its own, one for each type.
/// </summary>
internal sealed partial class AdapterEmitter
{
    private const BindingFlags AnyMember = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;

    /// <summary>Types with more parts get methods of their own.</summary>
    private const int LargestInline = 48;

    private readonly AdapterBuilder _builder;
    private readonly LocalBuilder _context;

    /// <param name="builder">What is common to the methods of the adapter.</param>
    /// <param name="il">The method.</param>
    public AdapterEmitter(AdapterBuilder builder, ILGenerator il)
    {
        _builder = builder;
        Il = il;
        _context = Local<AdapterContext>();
    }

    /// <summary>The call's scope, if there is one.</summary>
    public LocalBuilder? CallScope { get; set; }

    /// <summary>Holds the core result of the adapter, if it has one.</summary>
    public LocalBuilder? FlatResult { get; set; }

    /// <summary>Holds the <see cref="AdapterContext"/>.</summary>
    public LocalBuilder Context => _context;

    public ILGenerator Il { get; }

    public LocalBuilder Local<T>() => Il.DeclareLocal(typeof(T));

    /// <summary>Calls a static method.</summary>
    public void Call(Type type, string name) => Il.Emit(OpCodes.Call, type.GetMethod(name, AnyMember) ?? throw new MissingMethodException(type.Name, name));

    public void LoadField(Type type, string name) => Il.Emit(OpCodes.Ldfld, type.GetField(name, AnyMember) ?? throw new MissingFieldException(type.Name, name));

    public void StoreField(Type type, string name) => Il.Emit(OpCodes.Stfld, type.GetField(name, AnyMember) ?? throw new MissingFieldException(type.Name, name));

    /// <summary>Leaves an object that the code was made with.</summary>
    public void LoadConstant<T>(T value)
        where T : class
    {
        Il.Emit(OpCodes.Ldloc, _context);
        LoadField(typeof(AdapterContext), nameof(AdapterContext.Constants));
        Il.Emit(OpCodes.Ldc_I4, _builder.Constants.Count);
        Il.Emit(OpCodes.Ldelem_Ref);
        Il.Emit(OpCodes.Castclass, typeof(T));
        _builder.Constants.Add(value);
    }

    /// <summary>Copies a value from one place to another.</summary>
    public void Transfer(ComponentValueType type, Place from, Place to)
    {
        if (type.Size > LargestInline && from is not FlatPlace && to is not FlatPlace)
        {
            _builder.CallTransfer(this, type, from, to);
        }
        else
        {
            TransferInline(type, from, to);
        }
    }

    public void TransferInline(ComponentValueType type, Place from, Place to)
    {
        switch (type.Kind)
        {
            case ComponentValueKind.String:
                TransferString(from, to);
                break;
            case ComponentValueKind.List when ((ListType)type).Length is { } length:
                TransferFixedList(((ListType)type).Element, length, from, to);
                break;
            case ComponentValueKind.List:
                TransferList(((ListType)type).Element, from, to);
                break;
            case ComponentValueKind.Map:
                TransferList(((MapType)type).Entry, from, to);
                break;
            case ComponentValueKind.Record or ComponentValueKind.Tuple:
                TransferRecord(Layout.Fields(type), from, to);
                break;
            case ComponentValueKind.Enum:
                TransferEnum(type, from, to);
                break;
            case ComponentValueKind.Variant or ComponentValueKind.Option or ComponentValueKind.Result:
                TransferVariant(Layout.Cases(type), from, to);
                break;
            case ComponentValueKind.Own or ComponentValueKind.Borrow:
                TransferHandle(type, from, to);
                break;
            case ComponentValueKind.ErrorContext:
                TransferErrorContext(from, to);
                break;
            case ComponentValueKind.Stream or ComponentValueKind.Future:
                throw new NotSupportedException($"values of type {type.Kind.ToString().ToLowerInvariant()} are not supported yet");
            default:
                LoadScalar(type, from);
                StoreScalar(type, to);
                break;
        }
    }

    private void TransferRecord(ImmutableArray<ComponentValueType> fields, Place from, Place to)
    {
        Place[] sources = OpenFields(fields, from, isSource: true);
        Place[] targets = OpenFields(fields, to, isSource: false);
        for (int i = 0; i < fields.Length; i++)
        {
            Transfer(fields[i], sources[i], targets[i]);
        }

        if (to is HostPlace host)
        {
            host.Shape.EmitMakeRecord(this, [.. targets.Cast<HostPlace>().Select(target => target.Local)], host.Local);
        }
    }

    /// <summary>The places of fields. Those of a .NET record are read into locals at once; those that are to be made are locals first.</summary>
    private Place[] OpenFields(ImmutableArray<ComponentValueType> fields, Place place, bool isSource)
    {
        Place[] places = new Place[fields.Length];
        uint offset = 0;
        int slot = 0;
        if (place is HostPlace host)
        {
            HostShape[] shapes = host.Shape.Fields;
            LocalBuilder[] locals = [.. shapes.Select(shape => Il.DeclareLocal(shape.Clr))];
            if (isSource)
            {
                host.Shape.EmitGetFields(this, host.Local, locals);
            }

            return [.. shapes.Select((shape, i) => new HostPlace(locals[i], shape))];
        }

        bool is64 = GuestOf(place)!.Is64;
        for (int i = 0; i < fields.Length; i++)
        {
            offset = Layout.AlignTo(offset, Layout.Alignment(fields[i], is64));
            places[i] = place is FlatPlace flat ? flat.At(slot) : ((MemoryPlace)place).At(offset);
            offset += Layout.ElemSize(fields[i], is64);
            slot += place is FlatPlace ? Layout.FlatCount(fields[i]) : 0;
        }

        return places;
    }

    private void TransferEnum(ComponentValueType type, Place from, Place to)
    {
        LocalBuilder index = LoadCase(type, Layout.Cases(type).Length, from);
        if (to is HostPlace host)
        {
            Il.Emit(OpCodes.Ldloc, index);
            host.Shape.EmitFromCore(this, host.Local);
        }
        else
        {
            StoreCase(Layout.Cases(type).Length, to, () => Il.Emit(OpCodes.Ldloc, index));
        }
    }

    private void TransferVariant(ImmutableArray<ComponentValueType?> cases, Place from, Place to)
    {
        LocalBuilder index = LoadCase(null, cases.Length, from);
        Label end = Il.DefineLabel();
        Label[] labels = [.. cases.Select(_ => Il.DefineLabel())];
        Il.Emit(OpCodes.Ldloc, index);
        Il.Emit(OpCodes.Switch, labels);
        Call(typeof(AbiTraps), nameof(AbiTraps.BadDiscriminant));
        for (int i = 0; i < cases.Length; i++)
        {
            Il.MarkLabel(labels[i]);
            TransferCase(cases, i, from, to);
            Il.Emit(OpCodes.Br, end);
        }

        Il.MarkLabel(end);
    }

    private void TransferCase(ImmutableArray<ComponentValueType?> cases, int index, Place from, Place to)
    {
        if (to is not HostPlace)
        {
            StoreCase(cases.Length, to, () => Il.Emit(OpCodes.Ldc_I4, index));
        }

        LocalBuilder? made = null;
        if (cases[index] is { } payload)
        {
            Place source = from switch
            {
                FlatPlace flat => flat.At(1),
                MemoryPlace memory => memory.At(Layout.PayloadOffset(cases, memory.Guest.Is64)),
                _ => ReadPayload((HostPlace)from, index),
            };
            Place target = to switch
            {
                FlatPlace flat => flat.At(1),
                MemoryPlace memory => memory.At(Layout.PayloadOffset(cases, memory.Guest.Is64)),
                _ => new HostPlace(made = Il.DeclareLocal(((HostPlace)to).Shape.Payload(index).Clr), ((HostPlace)to).Shape.Payload(index)),
            };
            Transfer(payload, source, target);
        }

        if (to is HostPlace host)
        {
            host.Shape.EmitMakeCase(this, index, made, host.Local);
        }
    }

    private HostPlace ReadPayload(HostPlace from, int index)
    {
        HostShape shape = from.Shape.Payload(index);
        LocalBuilder local = Il.DeclareLocal(shape.Clr);
        from.Shape.EmitGetPayload(this, from.Local, index, local);
        return new HostPlace(local, shape);
    }

    /// <summary>Between instances an error context is its message.</summary>
    private void TransferErrorContext(Place from, Place to)
    {
        LocalBuilder message = Local<string>();
        if (from is HostPlace host)
        {
            host.Shape.EmitToString(this, host.Local);
        }
        else
        {
            Il.Emit(OpCodes.Ldloc, GuestOf(from)!.State);
            LoadCore(Wasm.ValueType.I32, 4, from);
            Call(typeof(ErrorContexts), nameof(ErrorContexts.Lift));
        }

        if (to is HostPlace made)
        {
            made.Shape.EmitFromString(this, made.Local);
            return;
        }

        Il.Emit(OpCodes.Stloc, message);
        Il.Emit(OpCodes.Ldloc, GuestOf(to)!.State);
        Il.Emit(OpCodes.Ldloc, message);
        Call(typeof(ErrorContexts), nameof(ErrorContexts.Lower));
        StoreCore(Wasm.ValueType.I32, 4, to);
    }

    private void TransferHandle(ComponentValueType type, Place from, Place to)
    {
        if (from is HostPlace given && to is HostPlace taken)
        {
            // Handles are objects of their own on one side, and what they stand for on the other: what is between the two is a guest's table.
            if (given.Shape is HostObjectShape != taken.Shape is HostObjectShape || (given.Shape is HostObjectShape && given.Shape.Clr != taken.Shape.Clr))
            {
                throw new ArgumentException($"a function of the host that is exported again takes and gives resources as {taken.Shape.Clr} here and as {given.Shape.Clr} there");
            }

            given.Shape.EmitToResource(this, given.Local);
            taken.Shape.EmitFromResource(this, taken.Local);
            return;
        }

        bool isOwn = type.Kind == ComponentValueKind.Own;
        ResourceType resource = isOwn ? ((OwnType)type).Resource : ((BorrowType)type).Resource;
        if (from is HostPlace host)
        {
            Il.Emit(OpCodes.Ldloc, GuestOf(to)!.State);
            LoadKind(resource);
            host.Shape.EmitToResource(this, host.Local);
        }
        else
        {
            Il.Emit(OpCodes.Ldloc, GuestOf(from)!.State);
            LoadKind(resource);
            LoadCore(Wasm.ValueType.I32, 4, from);
        }

        if (GuestOf(from) is not null && GuestOf(to) is { } target)
        {
            Il.Emit(OpCodes.Ldloc, target.State);
        }

        if (!isOwn)
        {
            Il.Emit(OpCodes.Ldloc, Scope());
        }

        HostShape? shape = (from as HostPlace ?? to as HostPlace)?.Shape;
        string verb = (from is HostPlace ? "Lower" : to is HostPlace ? "Lift" : "Transfer") + (isOwn ? "Own" : "Borrow");
        if (shape is HostObjectShape objects)
        {
            Il.Emit(OpCodes.Call, objects.Method(verb));
        }
        else
        {
            Call(shape is null ? typeof(Handles) : typeof(HostResources), verb);
        }

        if (to is HostPlace made)
        {
            made.Shape.EmitFromResource(this, made.Local);
        }
        else
        {
            StoreCore(Wasm.ValueType.I32, 4, to);
        }
    }

    /// <summary>Loads a guest of the context into locals.</summary>
    public GuestCode OpenGuest(bool isCaller, bool is64)
    {
        GuestCode guest = new(Local<GuestEnd>(), Local<ComponentState>(), isCaller, is64);
        Il.Emit(OpCodes.Ldloc, _context);
        LoadField(typeof(AdapterContext), isCaller ? nameof(AdapterContext.Caller) : nameof(AdapterContext.Callee));
        Il.Emit(OpCodes.Stloc, guest.End);
        Il.Emit(OpCodes.Ldloc, guest.End);
        LoadField(typeof(GuestEnd), nameof(GuestEnd.State));
        Il.Emit(OpCodes.Stloc, guest.State);
        return guest;
    }

    private void LoadKind(ResourceType resource)
    {
        int index = _builder.Kinds.IndexOf(resource.Identity);
        if (index < 0)
        {
            index = _builder.Kinds.Count;
            _builder.Kinds.Add(resource.Identity);
        }

        Il.Emit(OpCodes.Ldloc, _context);
        LoadField(typeof(AdapterContext), nameof(AdapterContext.Kinds));
        Il.Emit(OpCodes.Ldc_I4, index);
        Il.Emit(OpCodes.Ldelem_Ref);
    }

    private LocalBuilder Scope() => CallScope ?? throw new InvalidOperationException("a borrowed handle outside of a call");

    public static GuestCode? GuestOf(Place place) => place switch
    {
        FlatPlace flat => flat.Guest,
        MemoryPlace memory => memory.Guest,
        _ => null,
    };
}
