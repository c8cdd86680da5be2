using Atoll.Components;
using Atoll.Components.Text;
using Atoll.Wasm;
using Atoll.Wasm.Text;
using Stores;

namespace Atoll.Bindings.Tests.Running;

/// <summary>Resources as classes: those of a guest, and those of the host that guests know by handles.</summary>
public sealed class ResourceTests : IDisposable
{
    private static readonly WasmEngine Engine = new();
    private static readonly Lazy<Component> Guest = new(() => Proxy.Load(Engine, Assemble("store.wat")));

    private readonly Store _store = new(Engine);
    private readonly Host _host = new();
    private readonly Proxy _proxy;

    public ResourceTests() => _proxy = Proxy.Instantiate(_store, Guest.Value, _host);

    public void Dispose() => _store.Dispose();

    [Fact]
    public void A_resource_of_a_guest_is_an_object()
    {
        using Blob blob = _proxy.Blobs.CreateBlob([1, 2, 3]);
        Assert.Equal(3u, blob.Size());
        blob.Append(new byte[7]);
        Assert.Equal(10u, blob.Size());
        using Blob other = _proxy.Blobs.CreateBlob([]);
        using Blob merged = _proxy.Blobs.BlobMerge(blob, other);
        Assert.Equal(10u, merged.Size());
    }

    [Fact]
    public void Disposing_runs_the_destructor_once()
    {
        Blob witness = _proxy.Blobs.CreateBlob([]);
        Assert.False(witness.DisposeFunction());
        Blob blob = _proxy.Blobs.CreateBlob([]);
        blob.Dispose();
        blob.Dispose();
        Assert.True(witness.DisposeFunction());
        Assert.Throws<InvalidOperationException>(() => blob.Size());
    }

    [Fact]
    public void What_is_passed_as_owned_is_gone()
    {
        Blob blob = _proxy.Blobs.CreateBlob([1, 2]);
        Assert.Equal(2u, _proxy.Blobs.Consume(blob));
        Assert.Throws<InvalidOperationException>(() => _proxy.Blobs.Consume(blob));
        blob.Dispose();

        // The mistake was found before the call: the instance goes on.
        using Blob other = _proxy.Blobs.CreateBlob([1]);
        Assert.Equal(1u, other.Size());
    }

    [Fact]
    public void Handles_within_records_and_lists_become_objects()
    {
        Labelled labelled = Assert.Single(_proxy.Blobs.Wrap(new Labelled("a", _proxy.Blobs.CreateBlob([1]))));
        Assert.Equal("a", labelled.Label);
        Assert.Equal(1u, labelled.Content.Size());
        labelled.Content.Dispose();
    }

    [Fact]
    public void A_guest_uses_and_drops_resources_of_the_host()
    {
        using Blob copy = _proxy.Blobs.Open("twelve bytes").Value;
        Assert.Equal(12u, copy.Size());
        Assert.True(Assert.Single(_host.Opened).IsDisposed);
        Assert.Equal("no name", _proxy.Blobs.Open("").Error);
        Assert.Equal("there is no `missing`", _proxy.Blobs.Open("missing").Error);
    }

    [Fact]
    public void Resources_of_one_instance_are_refused_by_another()
    {
        using Store second = new(Engine);
        Proxy other = Proxy.Instantiate(second, Guest.Value, _host);
        using Blob foreign = other.Blobs.CreateBlob([]);
        Assert.Throws<ArgumentException>(() => _proxy.Blobs.Consume(foreign));
    }

    private static byte[] Assemble(string name)
    {
        using Stream stream = typeof(ResourceTests).Assembly.GetManifestResourceStream(name)!;
        using StreamReader reader = new(stream);
        return ComponentText.Assemble(TextSource.Read(reader.ReadToEnd()));
    }

    private sealed class HostBlob(uint size) : IBlob
    {
        public bool IsDisposed { get; private set; }

        public void Append(byte[] more) => throw new NotSupportedException();

        public uint Size() => size;

        public bool DisposeFunction() => false;

        public void Dispose() => IsDisposed = true;
    }

    private sealed class Host : IBlobs
    {
        public List<HostBlob> Opened { get; } = [];

        public IBlob CreateBlob(byte[] init) => new HostBlob((uint)init.Length);

        public IBlob BlobMerge(IBlob a, IBlob b) => new HostBlob(a.Size() + b.Size());

        public Result<IBlob, string> Open(string name)
        {
            if (name == "missing")
            {
                return Result<IBlob, string>.Fail("there is no `missing`");
            }

            Opened.Add(new HostBlob((uint)name.Length));
            return Result<IBlob, string>.Ok(Opened[^1]);
        }

        public uint Consume(IBlob b) => b.Size();

        public ImportedLabelled[] Wrap(ImportedLabelled l) => [l];
    }
}
