using Atoll.Wasm;

namespace Atoll.Components.Abi;

/// <summary>The handles of one component instance (CanonicalABI.md, "Table State"): numbers from 1 up; 0 is never a handle.</summary>
internal sealed class HandleTable
{
    /// <summary>Most handles. <c>Table.MAX_LENGTH</c> is larger; a guest that never drops handles shall not take gigabytes of its host.</summary>
    private const int MaxLength = 1 << 20;

    private Handle[] _handles = new Handle[8];
    private int _count = 1;
    private int _free;

    /// <summary>Handles in use.</summary>
    public int Count { get; private set; }

    public int Add(Handle handle)
    {
        int index = _free;
        if (index != 0)
        {
            _free = _handles[index].Next;
        }
        else
        {
            index = _count;
            if (index > MaxLength)
            {
                throw AbiTraps.Make("the handle table is full");
            }

            if (index == _handles.Length)
            {
                Array.Resize(ref _handles, index * 2);
            }

            _count++;
        }

        _handles[index] = handle;
        Count++;
        return index;
    }

    /// <summary>The handle of a number. The reference is valid until the next <see cref="Add"/>.</summary>
    /// <exception cref="TrapException">There is none, or it is of another type.</exception>
    public ref Handle Get(int index, ResourceKind kind)
    {
        if ((uint)index >= (uint)_count || _handles[index].Kind is not { } found)
        {
            throw AbiTraps.Make($"unknown handle index {(uint)index}");
        }

        if (found != kind)
        {
            throw AbiTraps.Make($"handle index {(uint)index} used with the wrong type, expected {kind.Describe()} but found {(found.IsHost == kind.IsHost ? "a different " : "")}{found.Describe()}");
        }

        return ref _handles[index];
    }

    public void Remove(int index)
    {
        _handles[index] = new Handle { Next = _free };
        _free = index;
        Count--;
    }

    /// <summary>Takes out all handles; gives those that own something.</summary>
    public List<Handle> Clear()
    {
        List<Handle> owned = [];
        for (int i = 1; i < _count; i++)
        {
            if (_handles[i] is { Kind: not null, IsOwn: true } handle)
            {
                owned.Add(handle);
            }
        }

        if (_count > 1)
        {
            _handles = new Handle[8];
            _count = 1;
            _free = 0;
            Count = 0;
        }

        return owned;
    }
}

/// <summary>One handle (<c>ResourceHandle</c>).</summary>
internal struct Handle
{
    /// <summary>Null in a free place.</summary>
    public ResourceKind? Kind;

    /// <summary>What the resource's implementation knows it by, an <c>i32</c> or <c>i64</c>; of a host's resource, nothing.</summary>
    public long Representation;

    /// <summary>The object, of a host's resource.</summary>
    public object? Object;

    public bool IsOwn;

    /// <summary>Of an owning handle: calls that it is lent to.</summary>
    public int Lends;

    /// <summary>Of a borrowed handle: the call that it is valid for.</summary>
    public CallScope? Scope;

    /// <summary>Of a free place: the next one.</summary>
    public int Next;
}

/// <summary>A resource type at run time: each instantiation that defines one makes a new one (<c>ResourceType</c>).</summary>
internal sealed class ResourceKind
{
    /// <summary>A resource of a guest.</summary>
    public ResourceKind(ComponentState implementation, Function? destructor, bool isWide)
    {
        Implementation = implementation;
        Destructor = destructor;
        IsWide = isWide;
    }

    /// <summary>A resource of the host: handles stand for objects.</summary>
    public ResourceKind(string name, Type objectType, Action<object>? dispose)
    {
        Name = name;
        ObjectType = objectType;
        Dispose = dispose;
    }

    public ComponentState? Implementation { get; }

    public Function? Destructor { get; }

    /// <summary>Whether an <c>i64</c> represents it, and not an <c>i32</c>.</summary>
    public bool IsWide { get; }

    /// <summary>Of a host's resource: what the objects are.</summary>
    public Type? ObjectType { get; }

    public Action<object>? Dispose { get; }

    public string? Name { get; }

    /// <summary>Makes the host's object for a resource of a guest (<see cref="ComponentInstance.MapResource"/>).</summary>
    public Func<ComponentResource, GuestResource>? Wrap { get; set; }

    public bool IsHost => Implementation is null;

    public string Describe() => IsHost ? $"host-defined resource{(Name is null ? "" : $" `{Name}`")}" : "guest-defined resource";
}

/// <summary>One call with borrowed handles: those that it lent, and those that it has to drop before it returns (<c>Task</c> and <c>Subtask</c>).</summary>
internal sealed class CallScope
{
    private List<(HandleTable Table, int Index, ResourceKind Kind)>? _lenders;

    /// <summary>Borrowed handles that the callee has not dropped yet.</summary>
    public int Borrows { get; set; }

    /// <summary>What a host function was lent.</summary>
    public List<ComponentResource> Lent => field ??= [];

    public void Lend(HandleTable table, int index, ResourceKind kind)
    {
        table.Get(index, kind).Lends++;
        (_lenders ??= []).Add((table, index, kind));
    }

    /// <summary>The callee returns (<c>Task.return_</c>).</summary>
    public void ExitCallee()
    {
        if (Borrows != 0)
        {
            throw AbiTraps.Make("borrow handles still remain at the end of the call");
        }
    }

    /// <summary>A host function returns.</summary>
    public void ExitHost()
    {
        foreach (ComponentResource resource in Lent)
        {
            resource.Expire();
        }
    }

    /// <summary>The results are with the caller (<c>Subtask.deliver_return</c>).</summary>
    public void ExitCaller()
    {
        foreach ((HandleTable table, int index, ResourceKind kind) in _lenders ?? [])
        {
            table.Get(index, kind).Lends--;
        }

        _lenders?.Clear();
    }
}
