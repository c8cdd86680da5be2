using Atoll.Components.Types;

namespace Atoll.Components.Tests.Writing;

/// <summary>Resources of components that were made of modules: imported ones, exported ones, and interfaces that use those of others.</summary>
public sealed class WritingResourceTests
{
    private const string Exporting = """
        package test:r;
        interface counters {
          resource counter { constructor(start: u32); next: func() -> u32; sum: static func(a: borrow<counter>, b: counter) -> u32; }
          record both { left: counter, right: counter }
          make: func() -> both;
          ended: func() -> u32;
        }
        interface users { use counters.{counter, both}; use-up: func(c: counter) -> u32; take: func(b: both) -> u32; }
        """;

    private const string Module = """
        (module
          (import "[export]test:r/counters" "[resource-new]counter" (func $new (param i32) (result i32)))
          (import "[export]test:r/counters" "[resource-rep]counter" (func $rep (param i32) (result i32)))
          (import "[export]test:r/counters" "[resource-drop]counter" (func $drop (param i32)))
          (memory (export "memory") 1)
          (global $ended (mut i32) (i32.const 0))
          (global $free (mut i32) (i32.const 16))
          (func $box (param i32) (result i32)
            (i32.store (global.get $free) (local.get 0))
            (global.set $free (i32.add (global.get $free) (i32.const 4)))
            (i32.sub (global.get $free) (i32.const 4)))
          (func $constructor (export "test:r/counters#[constructor]counter") (param i32) (result i32) (call $new (call $box (local.get 0))))
          (func (export "test:r/counters#[method]counter.next") (param i32) (result i32)
            (i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (i32.const 1)))
            (i32.load (local.get 0)))
          (func (export "test:r/counters#[static]counter.sum") (param i32 i32) (result i32)
            (i32.add (i32.load (local.get 0)) (i32.load (call $rep (local.get 1)))) (call $drop (local.get 1)))
          (func (export "test:r/counters#[dtor]counter") (param i32)
            (global.set $ended (i32.add (global.get $ended) (i32.load (local.get 0)))))
          (func (export "test:r/counters#make") (result i32)
            (i32.store (i32.const 0) (call $constructor (i32.const 100)))
            (i32.store (i32.const 4) (call $constructor (i32.const 200)))
            (i32.const 0))
          (func (export "test:r/counters#ended") (result i32) (global.get $ended))
          (func (export "test:r/users#use-up") (param i32) (result i32)
            (i32.load (call $rep (local.get 0))) (call $drop (local.get 0)))
          (func (export "test:r/users#take") (param i32 i32) (result i32)
            (i32.add (i32.load (call $rep (local.get 0))) (i32.load (call $rep (local.get 1))))
            (call $drop (local.get 0)) (call $drop (local.get 1))))
        """;

    [Fact]
    public void Exported_resources_live_and_end_in_the_module()
    {
        ComponentInstance instance = GuestWriter.Run(GuestWriter.Write(Module, Exporting + "world w { export counters; export users; }"));
        ComponentValue Call(string name, params ComponentValue[] arguments) => instance.GetFunction("test:r/" + name)!.Invoke(arguments)!.Value;
        ComponentResource first = Call("counters#[constructor]counter", ComponentValue.U32(5)).AsResource();
        ComponentResource second = Call("counters#[constructor]counter", ComponentValue.U32(30)).AsResource();
        Assert.Equal(ComponentValue.U32(6), Call("counters#[method]counter.next", ComponentValue.Borrow(first)));
        Assert.Equal(ComponentValue.U32(36), Call("counters#[static]counter.sum", ComponentValue.Borrow(first), ComponentValue.Own(second)));
        Assert.Equal(ComponentValue.U32(6), Call("users#use-up", ComponentValue.Own(first)));
        Assert.Equal(ComponentValue.U32(36), Call("counters#ended"));
        Assert.Equal(ComponentValue.U32(300), Call("users#take", Call("counters#make")));
        Assert.Equal(ComponentValue.U32(336), Call("counters#ended"));
    }

    [Fact]
    public void An_exported_interface_uses_the_resources_of_an_imported_one()
    {
        const string Wit = Exporting + "world w { import counters; export users; }";
        byte[] component = GuestWriter.Write(
            """
            (module
              (import "test:r/counters" "[method]counter.next" (func $next (param i32) (result i32)))
              (import "test:r/counters" "[resource-drop]counter" (func $drop (param i32)))
              (func (export "test:r/users#use-up") (param i32) (result i32) (call $next (local.get 0)) (call $drop (local.get 0)))
              (func (export "test:r/users#take") (param i32 i32) (result i32) (i32.add (call $next (local.get 0)) (call $next (local.get 1)))
                (call $drop (local.get 0)) (call $drop (local.get 1))))
            """,
            Wit);
        HostResourceType? counter = null;
        ComponentInstance instance = GuestWriter.Run(component, linker =>
        {
            ComponentLinkerInstance counters = linker.Instance("test:r/counters");
            counter = counters.DefineResource("counter");
            counters.DefineFunction("[method]counter.next", _ => ComponentValue.U32(21));
        });
        Assert.Equal(ComponentValue.U32(21), instance.GetFunction("test:r/users#use-up")!.Invoke(ComponentValue.Own(counter!.New("one"))));
        Assert.Equal(
            ComponentValue.U32(42),
            instance.GetFunction("test:r/users#take")!.Invoke(
                ComponentValue.Record(("left", ComponentValue.Own(counter.New("two"))), ("right", ComponentValue.Own(counter.New("three"))))));

        // Both interfaces speak of one resource.
        InstanceType users = (InstanceType)instance.Component.Type.Exports[0].Type.Type;
        InstanceType counters = (InstanceType)instance.Component.Type.Imports[0].Type.Type;
        Assert.Same(((ResourceType)counters.Find("counter")!.Type.Type).Identity, ((ResourceType)users.Find("counter")!.Type.Type).Identity);
    }
}
