namespace Atoll.Wasm.Tests.Execution;

/// <summary>Exceptions between guests and their host.</summary>
public sealed class HostExceptionTests
{
    private const string Module = """
        (module (import "host" "tag" (tag $e (param i32))) (import "host" "f" (func $host (param i32)))
          (func (export "catch") (param i32) (result i32) (block $h (result i32) (try_table (catch $e $h) (call $host (local.get 0))) (i32.const -1)))
          (func (export "catch-old") (param i32) (result i32) (try (result i32) (do (call $host (local.get 0)) (i32.const -1)) (catch $e)))
          (func (export "keep") (param i32) (result exnref) (block $h (result exnref) (try_table (catch_all_ref $h) (call $host (local.get 0))) (ref.null exn)))
          (func (export "throw-again") (param exnref) (throw_ref (local.get 0)))
          (func $throw (export "throw") (param i32) (throw $e (local.get 0))))
        """;

    [Fact]
    public void A_guest_catches_what_a_host_function_throws()
    {
        Instance instance = Run((caller, value) => throw new GuestThrownException(TagOf(caller.Store), value));
        Assert.Equal(7, instance.Call("catch", 7)[0].AsI32());
        Assert.Equal(8, instance.Call("catch-old", 8)[0].AsI32());
        ExceptionInstance kept = instance.Call("keep", 9)[0].AsExnRef()!;
        Assert.Equal([Value.I32(9)], kept.Values);
        GuestThrownException again = Assert.Throws<GuestThrownException>(() => instance.Call("throw-again", Value.ExnRef(kept)));
        Assert.Same(kept, again.Exception);
        Assert.Equal("exception", again.Code);
    }

    [Fact]
    public async Task An_exception_passes_host_functions_on_its_way()
    {
        // guest - host - guest - host - guest: the finally blocks run, and the innermost handler that wants it gets it.
        List<int> order = [];
        Instance instance = null!;
        instance = Run((_, depth) =>
        {
            try
            {
                instance.Call(depth > 0 ? "pass" : "throw", depth > 0 ? depth - 1 : 42);
            }
            finally
            {
                order.Add(depth);
            }
        }, """(func (export "pass") (param i32) (block $h (try_table (catch $other $h) (call $host (local.get 0))) (return)) (unreachable)) (tag $other)""");
        Assert.Equal(42, instance.Call("catch", 3)[0].AsI32());
        Assert.Equal([0, 1, 2, 3], order);

        // The store's own state is as before: it can be called, and by another thread.
        Assert.Equal(42, await Task.Run(() => instance.Call("catch", 1)[0].AsI32(), TestContext.Current.CancellationToken));
        GuestThrownException uncaught = Assert.Throws<GuestThrownException>(() => instance.Call("pass", 2));
        Assert.Equal([Value.I32(42)], uncaught.Values);
    }

    [Fact]
    public void The_host_can_catch_it_on_the_way()
    {
        Instance instance = null!;
        instance = Run((_, value) => Assert.Throws<GuestThrownException>(() => instance.Call("throw", value)));
        Assert.Equal(-1, instance.Call("catch", 1)[0].AsI32());
    }

    [Fact]
    public void Typed_delegates_pass_exceptions_and_references()
    {
        Instance instance = null!;
        instance = Run((_, value) => instance.GetFunction("throw")!.ToDelegate<Action<int>>()(value));
        Assert.Equal(5, instance.GetFunction("catch")!.ToDelegate<Func<int, int>>()(5));
        ExceptionInstance kept = instance.GetFunction("keep")!.ToDelegate<Func<int, ExceptionInstance>>()(6);
        Action<ExceptionInstance?> again = instance.GetFunction("throw-again")!.ToDelegate<Action<ExceptionInstance?>>();
        Assert.Same(kept, Assert.Throws<GuestThrownException>(() => again(kept)).Exception);
        Assert.Equal(TrapKind.NullReference, Assert.Throws<TrapException>(() => again(null)).Kind);
    }

    [Fact]
    public void Stores_do_not_catch_each_other_s_exceptions()
    {
        Instance other = Run((_, _) => { });
        Instance instance = Run((_, value) => other.Call("throw", value));
        HostFunctionException failure = Assert.Throws<HostFunctionException>(() => instance.Call("keep", 1));
        GuestThrownException inner = Assert.IsType<GuestThrownException>(failure.InnerException);
        Assert.Throws<ArgumentException>(() => instance.Call("throw-again", Value.ExnRef(inner.Exception)));
        Action<ExceptionInstance?> again = instance.GetFunction("throw-again")!.ToDelegate<Action<ExceptionInstance?>>();
        Assert.Throws<ArgumentException>(() => again(inner.Exception));
        Assert.Throws<ArgumentException>(() => new ExceptionInstance(inner.Tag, Value.I64(1)));
        Assert.Throws<ArgumentException>(() => new ExceptionInstance(inner.Tag));
    }

    [Fact]
    public void Deep_recursion_through_the_host_unwinds_and_the_stack_can_be_used_again()
    {
        Instance instance = null!;
        int deepest = 0;
        instance = Run((_, depth) =>
        {
            deepest = depth;
            instance.Call("recurse", depth + 1);
        }, """(func (export "recurse") (param i32) (if (i32.gt_u (local.get 0) (i32.const 100)) (then (throw $e (local.get 0)))) (call $host (local.get 0)))""");
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(101, instance.Call("catch", 0)[0].AsI32());
        }

        Assert.Equal(100, deepest);
    }

    [Fact]
    public void Tags_are_checked_when_modules_are_linked()
    {
        Store store = new(Guest.Engine);
        Tag tag = new(store, new TagType(new FunctionType([ValueType.I32], [])));
        Linker linker = new Linker(Guest.Engine).Define("m", "tag", tag).DefineFunction("m", "func", (int _) => { });
        WasmModule good = Guest.Load("""(module (import "m" "tag" (tag (param i32))) (tag (export "own")) (export "again" (tag 0)))""");
        Instance instance = linker.Instantiate(store, good);
        Assert.Same(tag, instance.GetTag("again"));
        Assert.NotSame(tag, instance.GetTag("own"));
        Assert.Equal(ExternKind.Tag, good.Imports[0].Kind);
        Assert.Equal("tag ()", good.Exports[0].Type.ToString());
        foreach (string import in (string[])["\"tag\" (tag (param i64))", "\"func\" (tag (param i32))", "\"tag\" (func (param i32))"])
        {
            UnlinkableException error = Assert.Throws<UnlinkableException>(() => linker.Instantiate(store, Guest.Load($"(module (import \"m\" {import}))")));
            Assert.StartsWith("incompatible import type", error.Missing[0], StringComparison.Ordinal);
        }

        Assert.Throws<ArgumentException>(() => new Tag(store, new TagType(new FunctionType([], [ValueType.I32]))));
    }

    private static Instance Run(Action<Caller, int> host, string more = "") => Guest.Run(Module[..Module.LastIndexOf(')')] + more + ")", link: (linker, store) =>
    {
        store.State = new Tag(store, new TagType(new FunctionType([ValueType.I32], [])));
        linker.Define("host", "tag", TagOf(store));
        linker.DefineFunction("host", "f", host);
    });

    private static Tag TagOf(Store store) => (Tag)store.State!;
}
