using Atoll.Wasm;

namespace Atoll.Wasi.Preview2;

/// <summary>All resources of one run, so that they end with it and that there is a limit to them.</summary>
internal sealed class ResourceList : IDisposable
{
    /// <summary>Most resources that a run may have at a time.</summary>
    public const int Maximum = 65_536;

    private WasiResource? _first;

    public int Count { get; private set; }

    /// <exception cref="TrapException">There are too many.</exception>
    public void Add(WasiResource resource)
    {
        if (Count == Maximum)
        {
            throw new TrapException(TrapKind.Host, $"the guest has more than {Maximum} resources of the host (streams, pollables and the like) at a time");
        }

        Count++;
        resource.Next = _first;
        _first?.Previous = resource;
        _first = resource;
    }

    public void Remove(WasiResource resource)
    {
        Count--;
        resource.Next?.Previous = resource.Previous;
        if (resource.Previous is { } previous)
        {
            previous.Next = resource.Next;
        }
        else
        {
            _first = resource.Next;
        }
    }

    public void Dispose()
    {
        for (WasiResource? resource = _first; resource is not null; resource = resource.Next)
        {
            resource.Close();
        }

        _first = null;
        Count = 0;
    }
}
