using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>More than one instance in a store, and what stays when modules are dropped.</summary>
[Collection(AloneCollection.Name)]
public class LifetimeTests
{
    [Fact]
    public void ATableKeepsTheFunctionsOfADroppedInstanceAlive()
    {
        using Store store = new(Guest.Engine);
        Instance table = new Linker(Guest.Engine).Instantiate(store, Guest.Load("""
            (module (type $t (func (result i32))) (table (export "table") 1 funcref)
              (func (export "call") (result i32) (call_indirect (type $t) (i32.const 0))))
            """));
        PutFunctionIntoTable(store, table, 41);
        Collect();
        Assert.Equal(42, table.Call("call")[0].AsI32());
    }

    /// <summary>A trap that is looked at late, when nobody has the module any more, still tells where it was.</summary>
    [Theory]
    [InlineData("(unreachable)")]
    [InlineData("(drop (i32.div_s (i32.const 1) (local.get 0)))")]
    public void ATrapKeepsWhatItsStackIsReadFrom(string body)
    {
        TrapException trap = TrapAndForget($"""(module (func $inner (param i32) {body}) (func (export "f") (call $inner (i32.const 0)) (nop)))""");
        Collect();
        Assert.NotEmpty(trap.GuestStack);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TrapException TrapAndForget(string text)
    {
        WasmEngine engine = new();
        using Store store = new(engine);
        Instance instance = new Linker(engine).Instantiate(store, Guest.Load(text, engine));
        return Assert.Throws<TrapException>(() => instance.Call("f"));
    }

    [Fact]
    public void ImportedMemoriesAndGlobalsChangeUnderEverybody()
    {
        using Store store = new(Guest.Engine);
        Linker linker = new(Guest.Engine);
        Instance owner = linker.Instantiate(store, Guest.Load("""
            (module (memory (export "m") 1) (global (export "g") (mut i64) (i64.const 1))
              (func (export "get") (result i64) (global.get 0))
              (func (export "size") (result i32) (memory.size))
              (func (export "last") (result i32) (i32.load8_u (i32.const 131071))))
            """));
        Instance user = linker.DefineInstance("o", owner).Instantiate(store, Guest.Load("""
            (module (import "o" "m" (memory 1)) (import "o" "g" (global (mut i64)))
              (func (export "run") (drop (memory.grow (i32.const 1))) (i32.store8 (i32.const 131071) (i32.const 7)) (global.set 0 (i64.const 99))))
            """));
        Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(() => owner.Call("last")).Kind);
        user.Call("run");
        Assert.Equal(99, owner.Call("get")[0].AsI64());
        Assert.Equal(2, owner.Call("size")[0].AsI32());
        Assert.Equal(7, owner.Call("last")[0].AsI32());
    }

    [Fact]
    public void ItemsOfAnotherStoreAreRefused()
    {
        using Store one = new(Guest.Engine);
        using Store other = new(Guest.Engine);
        Instance instance = new Linker(Guest.Engine).Instantiate(one, Guest.Load("""(module (func (export "f")) (table (export "t") 1 funcref))"""));
        Linker linker = new Linker(Guest.Engine).DefineInstance("a", instance);
        Assert.Throws<InvalidOperationException>(() => linker.Instantiate(other, Guest.Load("""(module (import "a" "f" (func)))""")));
        Table foreign = new(other, new TableType(ValueType.FuncRef, 1, null), Value.FuncRef(null));
        Assert.Throws<ArgumentException>(() => foreign[0] = Value.FuncRef(instance.GetFunction("f")));
    }

    [Fact]
    public void PinnedCodeRunsAndTraps()
    {
        WasmEngine engine = new(new WasmEngineOptions { CodeLifetime = CodeLifetime.Pinned });
        Instance instance = Guest.Run(
            "(module (func $f (export \"f\") (param i32) (result i32) (if (i32.eqz (local.get 0)) (then (unreachable))) (i32.div_s (i32.const 6) (local.get 0))))", engine);
        Assert.Equal(3, instance.Call("f", Value.I32(2))[0].AsI32());
        Assert.Equal("f", Assert.Throws<TrapException>(() => instance.Call("f", Value.I32(0))).GuestStack[0].FunctionName);
        Assert.Throws<ArgumentException>(() => new WasmEngine(new WasmEngineOptions { CodeLifetime = (CodeLifetime)7 }));
    }

    [Fact]
    public void AThousandModulesComeAndGo()
    {
        for (int i = 0; i < 50; i++)
        {
            LoadRunDrop(i);
        }

        long before = Settle();
        for (int i = 0; i < 1000; i++)
        {
            LoadRunDrop(i);
        }

        long after = Settle();
        List<WeakReference> modules = [];
        for (int i = 0; i < 20; i++)
        {
            modules.Add(LoadRunDrop(i));
        }

        Settle();
        Assert.True(modules.Count(m => m.IsAlive) <= 2, $"{modules.Count(m => m.IsAlive)} of 20 dropped modules are still loaded");
        TestContext.Current.SendDiagnosticMessage($"1000 modules: heap {before} to {after} bytes");
        Assert.True(after - before < 1 << 20, $"the heap grew by {after - before} bytes over 1000 modules");

        // The objects may be gone while the runtime still holds the code: only the end of its load context frees that.
        int loaded = AssemblyLoadContext.All.Count(context => context.Name == "Atoll module");
        Assert.True(loaded < 100, $"the code of {loaded} modules is still loaded");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference LoadRunDrop(int number)
    {
        using Store store = new(Guest.Engine);
        Instance table = new Linker(Guest.Engine).Instantiate(store, Guest.Load("""
            (module (type $t (func (result i32))) (table (export "table") 1 funcref) (memory 16) (tag $e)
              (func $throw (export "throw") (throw $e))
              (func (export "call") (result i32)
                (block $h (try_table (catch $e $h) (call $throw))) (call_indirect (type $t) (i32.const 0))))
            """));
        Assert.Throws<GuestThrownException>(() => table.Call("throw"));
        WeakReference dropped = PutFunctionIntoTable(store, table, number);
        Assert.Equal(number + 1, table.Call("call")[0].AsI32());
        return dropped;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference PutFunctionIntoTable(Store store, Instance table, int number)
    {
        WasmModule module = Guest.Load($$"""
            (module (import "a" "table" (table 1 funcref)) (memory 1)
              (func $f (result i32) (i32.store (i32.const 0) (i32.const {{number}})) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
              (elem (i32.const 0) $f))
            """);
        new Linker(Guest.Engine).DefineInstance("a", table).Instantiate(store, module);
        return new WeakReference(module);
    }

    private static long Settle()
    {
        Collect();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static void Collect()
    {
        for (int i = 0; i < 5; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
