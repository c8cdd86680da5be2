using System.Globalization;
using Atoll.Components;
using Atoll.Sdk.Tests.Guests;
using Atoll.Wasm;

namespace Atoll.Sdk.Tests.Coverage;

/// <summary>Maps and lists of fixed lengths, which not all tools know: a world of their own.</summary>
public sealed class NewerTypesTests
{
    private const string Echo = "atoll:newer/echo@1.0.0";

    private static readonly (string Function, string Value)[] Vectors =
    [
        ("a-map", """[("a", 1), ("ß", 4294967295)]"""),
        ("a-map", "[]"),
        ("three", "[0, 1, 65535]"),
        ("texts", """["", "🏝"]"""),
        ("forty", $"[{string.Join(", ", Enumerable.Range(200, 40).Select(i => i.ToString(CultureInfo.InvariantCulture)))}]"),
        ("maybe", "some([0.5, -0])"),
        ("maybe", "none"),
    ];

    [Fact]
    public void Come_through_a_guest_in_C() => Check(CGuest.Build(Files.Data("coverage/newer.wit"), Files.Data("coverage/c/newer.c"), isFreestanding: true));

    [Fact]
    public void Come_through_a_guest_in_AssemblyScript() => Check(ScriptGuest.Build(Files.Data("coverage/newer.wit"), Files.Data("coverage/assemblyscript/newer.ts")));

    private static void Check(byte[] bytes)
    {
        WasmEngine engine = new();
        Component component = Component.Load(engine, bytes);
        ComponentLinker linker = new();
        ComponentLinkerInstance echo = linker.Instance(Echo);
        string received = "";
        foreach (string name in Vectors.Select(vector => vector.Function).Distinct())
        {
            echo.DefineFunction(name, arguments =>
            {
                received = Wave.Write(arguments[0]);
                return (ComponentValue?)arguments[0];
            });
        }

        using Store store = new(engine);
        ComponentInstance instance = linker.Instantiate(store, component);
        foreach ((string name, string text) in Vectors.Concat(Vectors))
        {
            ComponentFunction function = instance.GetFunction($"{Echo}#{name}")!;
            ComponentValue value = Wave.Parse(text, function.Type.Parameters[0].Type);
            string answer = Wave.Write(function.Invoke(value)!.Value);
            Assert.Equal((Wave.Write(value), Wave.Write(value)), (received, answer));
        }
    }
}
