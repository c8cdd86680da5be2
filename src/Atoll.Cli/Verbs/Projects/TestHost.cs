using System.Text;
using Atoll.Components;
using Atoll.Sdk.Projects;
using Atoll.Sdk.Toml;
using Atoll.Wasi;
using Atoll.Wasm;

namespace Atoll.Cli.Verbs.Projects;

/// <summary>A component for one case of a test: it may write, and reaches nothing else.</summary>
internal sealed class TestHost : ITestInstance
{
    private const int MaxLogBytes = 1 << 20;
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(30);
    private static readonly ComponentLinker Linker = new ComponentLinker().AddWasi();
    private readonly MemoryStream _written = new();
    private readonly WasiContext _wasi;
    private readonly Store _store;

    private TestHost(Component component, CancellationToken cancellation)
    {
        BoundedStream output = new(_written, MaxLogBytes);

        // Time stands and chance is known, so that a test gives the same each time.
        Grants grants = Grants.None.AllowStdout(output).AllowStderr(output).AllowClock(new VirtualClock(VirtualWorld.Start)).AllowRandom(VirtualWorld.Random(seed: 0));
        _wasi = new WasiContext(grants);
        _store = new Store(component.Engine, new StoreOptions { State = _wasi, Timeout = TimeLimit, CancellationToken = cancellation });
        try
        {
            Instance = Linker.Instantiate(_store, component);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public ComponentInstance Instance { get; }

    public IReadOnlyList<string> Log
    {
        get
        {
            _wasi.Flush(TimeSpan.FromSeconds(1), CancellationToken.None);
            string text = Encoding.UTF8.GetString(_written.ToArray());
            return text.Length == 0 ? [] : (text.EndsWith('\n') ? text[..^1] : text).Split('\n');
        }
    }

    public static ITestInstance Make(Component component, TestFile file, CancellationToken cancellation) => file.Mock is { } mock
        ? throw new DiagnosticException(file.Source.Error("this version has no mock host that [mock] could set up", mock.Span, "Leave [mock] out, and test what needs no host."))
        : new TestHost(component, cancellation);

    public string? Verify() => null;

    public void Dispose()
    {
        _store.Dispose();
        _wasi.Dispose();
        _written.Dispose();
    }

    /// <summary>Keeps the first part of what is written.</summary>
    private sealed class BoundedStream(MemoryStream inner, int maxBytes) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(ReadOnlySpan<byte> buffer) => inner.Write(buffer[..(int)Math.Min(buffer.Length, maxBytes - inner.Length)]);

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
