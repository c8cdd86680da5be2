namespace Atoll.Components.Tests.Writing;

/// <summary>Components plugged into each other.</summary>
public sealed class PlugTests
{
    private const string Wit = """
        package test:p@0.2.1;
        interface log { resource file { constructor(); write: func(n: u32) -> u32; } }
        interface sum { record pair { a: u32, b: u32 } sum: func(p: pair) -> u32; }
        interface twice { use log.{file}; twice: func(f: borrow<file>, n: u32) -> u32; }
        world app { import log; import sum; import twice; export run: func(n: u32) -> u32; }
        world adder { export sum; }
        world doubler { import log; export twice; }
        world both { export log; export twice; }
        world logger { export log; }
        """;

    private const string App = """
        (module
          (import "test:p/log@0.2.1" "[constructor]file" (func $file (result i32)))
          (import "test:p/log@0.2.1" "[method]file.write" (func $write (param i32 i32) (result i32)))
          (import "test:p/log@0.2.1" "[resource-drop]file" (func $drop (param i32)))
          (import "test:p/sum@0.2.1" "sum" (func $sum (param i32 i32) (result i32)))
          (import "test:p/twice@0.2.1" "twice" (func $twice (param i32 i32) (result i32)))
          (func (export "run") (param i32) (result i32) (local $f i32)
            (local.set $f (call $file))
            (call $sum (call $write (local.get $f) (local.get 0)) (call $twice (local.get $f) (local.get 0)))
            (call $drop (local.get $f))))
        """;

    private const string Adder = """(module (func (export "test:p/sum@0.2.1#sum") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))""";

    private const string Doubler = """
        (module
          (import "test:p/log@0.2.1" "[method]file.write" (func $write (param i32 i32) (result i32)))
          (import "test:p/log@0.2.1" "[resource-drop]file" (func $drop (param i32)))
          (func (export "test:p/twice@0.2.1#twice") (param i32 i32) (result i32)
            (i32.mul (i32.const 2) (call $write (local.get 0) (local.get 1)))
            (call $drop (local.get 0))))
        """;

    private static NamedComponent Make(string name, string wat, string world, string? version = null) =>
        new(name, GuestWriter.Write(version is null ? wat : wat.Replace("0.2.1", version), version is null ? Wit : Wit.Replace("0.2.1", version), world));

    [Fact]
    public void What_is_not_plugged_stays_an_import_that_all_share()
    {
        byte[] composed = ComponentWriter.Plug(Make("app", App, "app"), [Make("adder", Adder, "adder"), Make("doubler", Doubler, "doubler")]);
        Assert.Equal(composed, ComponentWriter.Plug(Make("app", App, "app"), [Make("adder", Adder, "adder"), Make("doubler", Doubler, "doubler")]));
        Component component = GuestWriter.Load(composed);
        Assert.Equal(["test:p/log@0.2.1"], component.Type.Imports.Select(item => item.Name));
        Assert.Equal(["run"], component.Type.Exports.Select(item => item.Name));
        ComponentInstance instance = GuestWriter.Run(composed, linker =>
        {
            ComponentLinkerInstance log = linker.Instance("test:p/log@0.2.1");
            HostResourceType file = log.DefineResource("file");
            log.DefineFunction("[constructor]file", _ => ComponentValue.Own(file.New(new object())));
            log.DefineFunction("[method]file.write", arguments => ComponentValue.U32((uint)arguments[1].AsUInt64() + 1));
        });
        Assert.Equal(ComponentValue.U32(33), instance.GetFunction("run")!.Invoke(ComponentValue.U32(10)));
    }

    [Fact]
    public void A_compatible_version_fits()
    {
        byte[] composed = ComponentWriter.Plug(Make("app", App, "app"), [Make("adder", Adder, "adder", "0.2.7"), Make("doubler", Doubler, "doubler")]);
        Assert.Equal(["test:p/log@0.2.1"], GuestWriter.Load(composed).Type.Imports.Select(item => item.Name));
    }

    [Fact]
    public void A_version_of_another_track_does_not()
    {
        ComponentWritingException exception = Assert.Throws<ComponentWritingException>(
            () => ComponentWriter.Plug(Make("app", App, "app"), [Make("adder", Adder, "adder", "0.3.0")]));
        Assert.Equal("adder exports nothing that app imports and no plug before it exports", exception.Message);
        Assert.Equal(
            ["app imports `test:p/log@0.2.1`, `test:p/sum@0.2.1`, `test:p/twice@0.2.1`", "adder exports `test:p/sum@0.3.0`"], exception.Problems);
    }

    [Fact]
    public void Another_type_is_said_with_its_path()
    {
        NamedComponent other = new("other", GuestWriter.Write(
            """(module (func (export "test:p/sum@0.2.1#sum") (param i32 i64) (result i32) i32.const 0))""",
            "package test:p@0.2.1; interface sum { record pair { a: u32, b: u64 } sum: func(p: pair) -> u32; } world w { export sum; }"));
        ComponentWritingException exception = Assert.Throws<ComponentWritingException>(() => ComponentWriter.Plug(Make("app", App, "app"), [other]));
        Assert.Equal(
            ["app imports `test:p/sum@0.2.1`, and other exports `test:p/sum@0.2.1` with another type: type mismatch in instance export `pair`: "
                + "type mismatch in record field `b`: expected primitive `u32` found primitive `u64`"],
            exception.Problems);
    }

    [Fact]
    public void A_resource_that_a_plug_brings_cannot_be_spoken_of_outside()
    {
        NamedComponent logger = new("logger", GuestWriter.Write(
            """
            (module (import "[export]test:p/log@0.2.1" "[resource-new]file" (func $new (param i32) (result i32)))
              (func (export "test:p/log@0.2.1#[constructor]file") (result i32) (call $new (i32.const 1)))
              (func (export "test:p/log@0.2.1#[method]file.write") (param i32 i32) (result i32) local.get 1))
            """,
            Wit, "logger"));
        ComponentWritingException exception = Assert.Throws<ComponentWritingException>(() => ComponentWriter.Plug(Make("app", App, "app"), [logger]));
        Assert.Contains("`test:p/twice@0.2.1`, which has to come from outside and speaks of a resource of `test:p/log@0.2.1`", exception.Message, StringComparison.Ordinal);
    }
}
