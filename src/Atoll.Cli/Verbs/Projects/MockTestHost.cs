using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Atoll.Components;
using Atoll.Sdk.Projects;
using Atoll.Sdk.Toml;
using Atoll.Testing;
using Atoll.Wasm;

namespace Atoll.Cli.Verbs.Projects;

/// <summary>A component for one case of a test whose file sets up the host with <c>[mock]</c>.</summary>
internal sealed class MockTestHost : ITestInstance
{
    private readonly MockHost _host;

    /// <param name="component">The component.</param>
    /// <param name="source">The file's text.</param>
    /// <param name="mock">Its set-up.</param>
    /// <param name="timeLimit">Time that the case has.</param>
    /// <param name="cancellation">Stops the component.</param>
    /// <exception cref="DiagnosticException">The set-up is wrong.</exception>
    public MockTestHost(Component component, SourceText source, TomlTable mock, TimeSpan timeLimit, CancellationToken cancellation)
    {
        _host = MockHost.Create()
            .WithClock(VirtualWorld.Start)
            .WithGrants(grants => Wasi.WasiGrants.AllowRandom(grants, VirtualWorld.Random(seed: 0)))
            .WithLimits(new StoreOptions { Timeout = timeLimit, CancellationToken = cancellation });
        try
        {
            _host.WithSettings(MockHostSettings.Parse(ToJson(mock)));
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            throw new DiagnosticException(source.Error(exception.Message, mock.Span, "docs/testing-components.md lists what [mock] can set up."));
        }

        Instance = _host.Load(component).Instance;
    }

    public ComponentInstance Instance { get; }

    public IReadOnlyList<string> Log
    {
        get
        {
            string text = _host.Written;
            return text.Length == 0 ? [] : (text.EndsWith('\n') ? text[..^1] : text).Split('\n');
        }
    }

    public string? Verify() => _host.Verify();

    public void Dispose() => _host.Dispose();

    private static string ToJson(TomlTable table)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter writer = new(bytes))
        {
            Write(writer, table);
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>Values nest as deep as the reader of the document allows.</summary>
    private static void Write(Utf8JsonWriter writer, TomlValue value)
    {
        switch (value)
        {
            case TomlString text: writer.WriteStringValue(text.Value); break;
            case TomlInteger number: writer.WriteNumberValue(number.Value); break;
            case TomlFloat number: writer.WriteStringValue(number.Value.ToString(CultureInfo.InvariantCulture)); break;
            case TomlBoolean truth: writer.WriteBooleanValue(truth.Value); break;
            case TomlDateTime { Date: { } date, Time: { } time, Offset: { } offset }:
                writer.WriteStringValue(new DateTimeOffset(date, time, offset));
                break;
            case TomlArray array:
                writer.WriteStartArray();
                foreach (TomlValue item in array.Items)
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case TomlTable table:
                writer.WriteStartObject();
                foreach (TomlEntry entry in table.Entries)
                {
                    writer.WritePropertyName(entry.Key);
                    Write(writer, entry.Value);
                }

                writer.WriteEndObject();
                break;
            default:
                throw new FormatException($"{value.Kind} means nothing here; write a date-time with the offset of its time zone");
        }
    }
}
