using System.Text.Json;
using Atoll.Components;
using Atoll.Components.Types;
using Atoll.Wasm;

namespace Atoll.Sdk.Tests.Coverage;

/// <summary>A function with arguments and what it answers, both as WAVE.</summary>
public sealed record CoverageVector(string Function, string Arguments, string? Result);

/// <summary>
/// The host of the world <c>atoll:coverage</c>: its <c>echo</c> remembers what it got and gives it back, several arguments as a tuple; its <c>hosted</c> counts.
/// </summary>
internal sealed class CoverageHost : IDisposable
{
    public const string Echo = "atoll:coverage/echo@1.0.0";
    public const string Made = "atoll:coverage/made@1.0.0";
    private const string Hosted = "atoll:coverage/hosted@1.0.0";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly Store _store;
    private readonly ComponentInstance _instance;
    private readonly List<string> _received = [];
    private HostResourceType _counters = null!;

    public CoverageHost(byte[] bytes, Action<ComponentLinker>? more = null)
    {
        WasmEngine engine = new();
        Component component = Component.Load(engine, bytes);
        ComponentLinker linker = new();
        DefineEcho(linker, component);
        DefineHosted(linker);
        linker.DefineFunction("plain", (string text) => text + "!");
        more?.Invoke(linker);
        _store = new Store(engine);
        _instance = linker.Instantiate(_store, component);
    }

    /// <summary>Counters that the guest has not dropped.</summary>
    public int Counters { get; private set; }

    /// <summary>Bytes of the guest's memory.</summary>
    public ulong MemoryBytes => _store.MemoryBytes;

    /// <summary>What the imported <c>echo</c> got since the last call of this method, as WAVE.</summary>
    public string[] TakeReceived()
    {
        string[] received = [.. _received];
        _received.Clear();
        return received;
    }

    public static IReadOnlyList<CoverageVector> Vectors() =>
        JsonSerializer.Deserialize<List<CoverageVector>>(File.ReadAllText(Files.Data("coverage/vectors.json")), Json)!;

    public ComponentFunction Function(string @interface, string name) =>
        _instance.GetFunction($"{@interface}#{name}") ?? throw new InvalidOperationException($"the component exports no {@interface}#{name}");

    public ComponentFunction Function(string name) => _instance.GetFunction(name) ?? throw new InvalidOperationException($"the component exports no {name}");

    public ComponentResource NewCounter(uint start)
    {
        Counters++;
        return _counters.New(new Counter { Value = start });
    }

    public static uint ValueOf(ComponentResource counter) => ((Counter)counter.Object!).Value;

    public void Dispose() => _store.Dispose();

    private void DefineEcho(ComponentLinker linker, Component component)
    {
        InstanceType type = (InstanceType)component.Type.Imports.Single(item => item.Name == Echo).Type.Type;
        ComponentLinkerInstance echo = linker.Instance(Echo);
        foreach (ComponentItem item in type.Exports.Where(item => item.Type.Kind == ComponentExternKind.Function))
        {
            echo.DefineFunction(item.Name, arguments =>
            {
                ComponentValue[] all = arguments.ToArray();
                _received.Add($"({string.Join(", ", all.Select(value => Wave.Write(value)))})");
                return all.Length switch { 0 => (ComponentValue?)null, 1 => all[0], _ => ComponentValue.Tuple(all) };
            });
        }
    }

    private void DefineHosted(ComponentLinker linker)
    {
        ComponentLinkerInstance hosted = linker.Instance(Hosted);
        _counters = hosted.DefineResource<Counter>("counter", _ => Counters--);
        hosted.DefineFunction("[constructor]counter", (ComponentCallback)(arguments => ComponentValue.Own(NewCounter((uint)arguments[0].AsUInt64()))));
        hosted.DefineFunction("[method]counter.add", (ComponentCallback)(arguments =>
            ComponentValue.U32(((Counter)arguments[0].AsResource().Object!).Value += (uint)arguments[1].AsUInt64())));
        hosted.DefineFunction("[static]counter.merge", (ComponentCallback)(arguments =>
        {
            using ComponentResource right = arguments[1].AsResource();
            return ComponentValue.Own(NewCounter(ValueOf(arguments[0].AsResource()) + ValueOf(right)));
        }));
        hosted.DefineFunction("pass", (ComponentCallback)(arguments => ComponentValue.Own(arguments[0].AsResource())));
        hosted.DefineFunction("first", (ComponentCallback)(arguments =>
        {
            ComponentResource[] all = [.. arguments[0].AsList().Select(value => value.AsResource())];
            foreach (ComponentResource other in all.Skip(1))
            {
                other.Dispose();
            }

            return all.Length == 0 ? ComponentValue.None : ComponentValue.Some(ComponentValue.Own(all[0]));
        }));
    }

    private sealed class Counter
    {
        public uint Value { get; set; }
    }
}
