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
        resource.Following = _first;
        _first?.Preceding = resource;
        _first = resource;
    }

    public void Remove(WasiResource resource)
    {
        Count--;
        resource.Following?.Preceding = resource.Preceding;
        if (resource.Preceding is { } previous)
        {
            previous.Following = resource.Following;
        }
        else
        {
            _first = resource.Following;
        }
    }

    public void Dispose()
    {
        for (WasiResource? resource = _first; resource is not null; resource = resource.Following)
        {
            resource.Close();
        }

        _first = null;
        Count = 0;
    }
}
