using Atoll.Components.Text;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Components.Tests;

/// <summary>What a linker finds for an import, and functions of the host that take objects and know who calls.</summary>
public sealed class LinkerTests
{
    private static readonly WasmEngine Engine = new();

    /// <summary>An object of the host.</summary>
    public sealed class Thing(uint value)
    {
        public uint Value { get; } = value;

        public bool IsDisposed { get; set; }
    }

    public sealed class Other;

    [Theory]
    [InlineData("t:p/things@0.2.0")]
    [InlineData("t:p/things@0.2.3")]
    [InlineData("t:p/things@0.2.99")]
    public void An_import_of_a_compatible_version_is_satisfied(string import)
    {
        using Store store = new(Engine) { State = 3u };
        ComponentInstance instance = Linker("t:p/things@0.2.3", []).Instantiate(store, Guest(import));
        Assert.Equal(10u, instance.GetFunction("run")!.ToDelegate<Func<uint>>()());
    }

    [Theory]
    [InlineData("t:p/things@0.2.3", "t:p/things@0.3.0")]
    [InlineData("t:p/things@0.2.3", "t:p/things@0.2.3-rc.1")]
    [InlineData("t:p/things@0.2.3", "t:p/things")]
    [InlineData("t:p/things@0.0.3", "t:p/things@0.0.4")]
    [InlineData("t:p/things@1.2.0", "t:p/things@2.2.0")]
    [InlineData("t:p/things@1.2.0", "t:p/other@1.2.0")]
    public void An_import_of_another_version_is_missing(string defined, string import)
    {
        using Store store = new(Engine);
        UnlinkableException exception = Assert.Throws<UnlinkableException>(() => Linker(defined, []).Instantiate(store, Guest(import)));
        Assert.Contains($"instance {import}", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("t:p/v@1.2.0", 2u)]
    [InlineData("t:p/v@1.1.7", 10u)]
    [InlineData("t:p/v@1.99.0", 10u)]
    [InlineData("t:p/v@2.0.0", null)]
    [InlineData("t:p/v", null)]
    [InlineData("t:p/w@1.2.0", null)]
    public void An_export_is_found_by_a_compatible_version(string asked, uint? answer)
    {
        const string Exporter = """
            (component
              (core module $m (func (export "a") (result i32) (i32.const 2)) (func (export "b") (result i32) (i32.const 10)))
              (core instance $m (instantiate $m))
              (func $a (result u32) (canon lift (core func $m "a")))
              (func $b (result u32) (canon lift (core func $m "b")))
              (instance $two (export "get" (func $a)))
              (instance $ten (export "get" (func $b)))
              (export "t:p/v@1.2.0" (instance $two))
              (export "t:p/v@1.10.0" (instance $ten)))
            """;
        using Store store = new(Engine);
        ComponentInstance instance = new ComponentLinker().Instantiate(store, Load(Exporter));
        Assert.Equal(answer, instance.GetFunction($"{asked}#get")?.ToDelegate<Func<uint>>()());
        Assert.Equal(answer is not null, instance.Component.Type.FindExport(asked) is not null);
        if (asked.Contains('@', StringComparison.Ordinal))
        {
            Assert.Equal(answer is null ? 0 : 1, instance.Component.Type.FindFunctions($"{asked}#get").Count);
        }

        WorldContract contract = new("w", $"export {asked}#get()->u32");
        if (answer is null)
        {
            Assert.Contains("found nothing", Assert.Throws<WorldMismatchException>(() => contract.Check(instance.Component)).Message, StringComparison.Ordinal);
        }
        else
        {
            contract.Check(instance.Component);
        }
    }

    [Fact]
    public void The_exact_version_comes_first_and_then_the_newest()
    {
        ComponentLinker linker = new();
        foreach (string version in (string[])["1.0.0", "1.10.0", "1.9.0"])
        {
            linker.Instance($"t:p/v@{version}").DefineFunction("get", () => (uint)Version.Parse(version).Minor);
        }

        uint Ask(string version)
        {
            using Store store = new(Engine);
            return linker.Instantiate(store, Load($"""
                (component
                  (import "t:p/v@{version}" (instance $v (export "get" (func (result u32)))))
                  (core func $get (canon lower (func $v "get")))
                  (func (export "run") (result u32) (canon lift (core func $get))))
                """)).GetFunction("run")!.ToDelegate<Func<uint>>()();
        }

        Assert.Equal([9u, 10u, 0u], [Ask("1.9.0"), Ask("1.99.0"), Ask("1.0.0")]);
    }

    [Fact]
    public void What_is_missing_in_an_older_version_is_listed()
    {
        ComponentLinker linker = new();
        linker.Instance("t:p/things@0.2.3").DefineResource<Thing>("thing", _ => { });
        using Store store = new(Engine);
        UnlinkableException exception = Assert.Throws<UnlinkableException>(() => linker.Instantiate(store, Guest("t:p/things@0.2.9")));
        Assert.Contains("func t:p/things@0.2.9#make", exception.Message, StringComparison.Ordinal);
        Assert.Contains("func t:p/things@0.2.9#[method]thing.get", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Functions_of_the_host_take_and_give_objects_and_know_the_store()
    {
        List<Thing> made = [];
        ComponentLinker linker = Linker("t:p/things@0.2.3", made);
        Component guest = Guest("t:p/things@0.2.3");
        for (uint state = 1; state <= 2; state++)
        {
            using Store store = new(Engine) { State = state };
            Assert.Equal(7 + state, linker.Instantiate(store, guest).GetFunction("run")!.ToDelegate<Func<uint>>()());
        }

        Assert.Equal(2, made.Count);
        Assert.All(made, thing => Assert.True(thing.IsDisposed));
    }

    /// <summary>Functions of the host have no types, so a hostile guest can say that one takes whatever resource it likes.</summary>
    [Fact]
    public void A_guest_that_passes_another_resource_traps()
    {
        ComponentLinker linker = Linker("t:p/things@0.2.3", []);
        linker.Instance("t:p/things@0.2.3").DefineResource<Other>("other", _ => { });
        linker.Instance("t:p/things@0.2.3").DefineFunction("use", (Thing thing) => thing.Value);
        linker.Instance("t:p/things@0.2.3").DefineFunction("make-other", () => new Other());
        Component guest = Load("""
            (component
              (import "t:p/things@0.2.3" (instance $things
                (export "other" (type $other (sub resource)))
                (export "make-other" (func (result (own $other))))
                (export "make" (func (result (own $other))))
                (export "use" (func (param "it" (borrow $other)) (result u32)))))
              (core func $make (canon lower (func $things "make")))
              (core func $other (canon lower (func $things "make-other")))
              (core func $use (canon lower (func $things "use")))
              (core module $m
                (import "" "make" (func $make (result i32)))
                (import "" "other" (func $other (result i32)))
                (import "" "use" (func $use (param i32) (result i32)))
                (func (export "take") (result i32) (call $use (call $other)))
                (func (export "give") (result i32) (call $make)))
              (core instance $i (instantiate $m (with "" (instance
                (export "make" (func $make)) (export "other" (func $other)) (export "use" (func $use))))))
              (func (export "take") (result u32) (canon lift (core func $i "take")))
              (func (export "give") (result u32) (canon lift (core func $i "give"))))
            """);
        using Store store = new(Engine) { State = 1u };
        foreach (string name in (string[])["take", "give"])
        {
            TrapException trap = Assert.Throws<TrapException>(() => linker.Instantiate(store, guest).GetFunction(name)!.Invoke());
            Assert.Contains("another resource than a host-defined resource `other`", trap.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_delegate_for_a_call_of_a_guest_takes_no_caller()
    {
        using Store store = new(Engine) { State = 1u };
        ComponentFunction run = Linker("t:p/things@0.2.3", []).Instantiate(store, Guest("t:p/things@0.2.3")).GetFunction("run")!;
        Assert.Throws<ArgumentException>(() => run.ToDelegate<Func<ComponentCaller, uint>>());
    }

    private static ComponentLinker Linker(string name, List<Thing> made)
    {
        ComponentLinker linker = new();
        ComponentLinkerInstance things = linker.Instance(name);
        things.DefineResource<Thing>("thing", thing => thing.IsDisposed = true);
        things.DefineFunction("make", (ComponentCaller caller) =>
        {
            Thing thing = new(7 + (uint)caller.Store.State!);
            made.Add(thing);
            return thing;
        });
        things.DefineFunction("[method]thing.get", (Thing thing) => thing.Value);
        return linker;
    }

    private static Component Guest(string import) => Load($"""
        (component
          (import "{import}" (instance $things
            (export "thing" (type $thing (sub resource)))
            (export "make" (func (result (own $thing))))
            (export "[method]thing.get" (func (param "self" (borrow $thing)) (result u32)))))
          (alias export $things "thing" (type $thing))
          (core func $make (canon lower (func $things "make")))
          (core func $get (canon lower (func $things "[method]thing.get")))
          (core func $drop (canon resource.drop $thing))
          (core module $m
            (import "" "make" (func $make (result i32)))
            (import "" "get" (func $get (param i32) (result i32)))
            (import "" "drop" (func $drop (param i32)))
            (func (export "run") (result i32)
              (local $thing i32) (local $result i32)
              (local.set $thing (call $make))
              (local.set $result (call $get (local.get $thing)))
              (call $drop (local.get $thing))
              (local.get $result)))
          (core instance $i (instantiate $m (with "" (instance (export "make" (func $make)) (export "get" (func $get)) (export "drop" (func $drop))))))
          (func (export "run") (result u32) (canon lift (core func $i "run"))))
        """);

    private static Component Load(string text) => Component.Load(Engine, ComponentText.Assemble(TextSource.Read(text)));
}
