using Atoll.Wasm.Text;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>64-bit memories and tables, and pages of one byte, where the suites do not look: edges of the address range, limits, features.</summary>
public sealed class WideMemoryTests
{
    private static readonly WasmEngine All = new(new WasmEngineOptions { Features = WasmFeatures.All });

    [Theory]
    [InlineData(0UL, 0UL, true)]
    [InlineData(65535UL, 0UL, true)]
    [InlineData(65536UL, 0UL, false)]
    [InlineData(ulong.MaxValue, 0UL, false)]
    [InlineData(ulong.MaxValue, 1UL, false)]
    [InlineData(ulong.MaxValue, ulong.MaxValue, false)]
    [InlineData(1UL, ulong.MaxValue, false)]
    [InlineData(0UL, 1UL << 47, false)]
    [InlineData(0UL, 1UL << 63, false)]
    [InlineData(1UL << 63, 1UL << 63, false)]
    [InlineData(1UL, 65534UL, true)]
    [InlineData(2UL, 65534UL, false)]
    public void Address_plus_offset_never_wraps(ulong address, ulong offset, bool fits)
    {
        foreach (int minimum in (int[])[0, 1])
        {
            Instance instance = Guest.Run($"""
                (module (memory i64 {minimum})
                  (func (export "grow") (result i64) (memory.grow (i64.const {1 - minimum})))
                  (func (export "load") (param i64) (result i32) (i32.load8_u offset={offset} (local.get 0)))
                  (func (export "constant") (result i32) (i32.load8_u offset={offset} (i64.const {address})))
                  (func (export "store") (param i64) (i32.store8 offset={offset} (i64.add (local.get 0) (i64.const 0)) (i32.const 1))))
                """);
            Assert.Equal(minimum, instance.Call("grow")[0].AsI64());
            Check(() => instance.Call("load", Value.I64((long)address)));
            Check(() => instance.Call("constant"));
            Check(() => instance.Call("store", Value.I64((long)address)));
        }

        void Check(Action access)
        {
            if (fits)
            {
                access();
            }
            else
            {
                Assert.Equal(TrapKind.MemoryOutOfBounds, Assert.Throws<TrapException>(access).Kind);
            }
        }
    }

    [Fact]
    public void A_memory_grows_past_four_gigabytes_where_the_engine_allows_it()
    {
        WasmEngine large = new(new WasmEngineOptions { MaxMemoryBytes = 1UL << 34 });
        Instance instance = Guest.Run(
            """
            (module (memory (export "m") i64 1)
              (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0)))
              (func (export "size") (result i64) (memory.size))
              (func (export "poke") (param i64 i64) (i64.store (local.get 0) (local.get 1)))
              (func (export "peek") (param i64) (result i64) (i64.load (local.get 0)))
              (func (export "fill") (param i64 i32 i64) (memory.fill (local.get 0) (local.get 1) (local.get 2))))
            """, large);
        Assert.Equal(-1, instance.Call("grow", Value.I64(-1))[0].AsI64());
        Assert.Equal(-1, instance.Call("grow", Value.I64(1L << 48))[0].AsI64());
        Assert.Equal(1, instance.Call("grow", Value.I64(100_000))[0].AsI64());
        Assert.Equal(100_001, instance.Call("size")[0].AsI64());
        const long Far = (5L << 30) + 3;
        instance.Call("poke", Value.I64(Far), Value.I64(0x1122334455667788));
        Assert.Equal(0x1122334455667788, instance.Call("peek", Value.I64(Far))[0].AsI64());
        instance.Call("fill", Value.I64(Far), Value.I32(7), Value.I64(1));
        Assert.Equal(7, instance.GetMemory("m")!.GetSpan((ulong)Far, 1)[0]);
        Assert.Throws<TrapException>(() => instance.Call("fill", Value.I64(Far), Value.I32(7), Value.I64(-1)));
        instance.Store.Dispose();
    }

    [Fact]
    public void Copies_between_index_types_take_the_smaller_length()
    {
        Instance instance = Guest.Run("""
            (module (memory $a (export "a") i64 1) (memory $b (export "b") 1) (data (memory $a) (i64.const 8) "wide") (data (memory $b) (i32.const 0) "thin")
              (func (export "out") (param i32 i64 i32) (memory.copy $b $a (local.get 0) (local.get 1) (local.get 2)))
              (func (export "in") (param i64 i32 i32) (memory.copy $a $b (local.get 0) (local.get 1) (local.get 2))))
            """);
        instance.Call("out", Value.I32(-4 & 0xFFFF), Value.I64(8), Value.I32(4));
        Assert.Equal("wide"u8, instance.GetMemory("b")!.GetSpan(0xFFFCUL, 4));
        instance.Call("in", Value.I64(0xFFFC), Value.I32(0), Value.I32(4));
        Assert.Equal("thin"u8, instance.GetMemory("a")!.GetSpan(0xFFFCUL, 4));
        Assert.Throws<TrapException>(() => instance.Call("in", Value.I64(0), Value.I32(0), Value.I32(-1)));
        Assert.Throws<TrapException>(() => instance.Call("out", Value.I32(0), Value.I64(-1), Value.I32(2)));
    }

    [Fact]
    public void Calls_through_a_wide_table_check_all_bits_of_the_index()
    {
        Instance instance = Guest.Run("""
            (module (table i64 2 funcref) (elem (i64.const 0) $f) (func $f (result i32) (i32.const 42))
              (func (export "call") (param i64) (result i32) (call_indirect (result i32) (local.get 0))))
            """);
        Assert.Equal(42, instance.Call("call", Value.I64(0))[0].AsI32());
        Assert.Equal(TrapKind.UninitializedElement, Assert.Throws<TrapException>(() => instance.Call("call", Value.I64(1))).Kind);
        Assert.Equal(TrapKind.UndefinedElement, Assert.Throws<TrapException>(() => instance.Call("call", Value.I64(1L << 32))).Kind);
        Assert.Equal(TrapKind.UndefinedElement, Assert.Throws<TrapException>(() => instance.Call("call", Value.I64(-1))).Kind);
    }

    [Fact]
    public void Pages_of_one_byte_end_where_they_should()
    {
        Instance instance = Guest.Run(
            """
            (module (memory (export "m") 3 5000 (pagesize 1))
              (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
              (func (export "size") (result i32) (memory.size))
              (func (export "get") (param i32) (result i32) (i32.load8_u (local.get 0))))
            """, All);
        Memory memory = instance.GetMemory("m")!;
        Assert.Equal(3UL, memory.Pages);
        Assert.Equal(3UL, memory.ByteLength);
        Assert.Throws<TrapException>(() => instance.Call("get", Value.I32(3)));
        Assert.Equal(3, instance.Call("grow", Value.I32(4094))[0].AsI32());
        Assert.Equal(4097, instance.Call("size")[0].AsI32());
        Assert.Equal(0, instance.Call("get", Value.I32(4096))[0].AsI32());
        Assert.Throws<TrapException>(() => instance.Call("get", Value.I32(4097)));
        Assert.Equal(-1, instance.Call("grow", Value.I32(904))[0].AsI32());
        Assert.Equal(4097UL, instance.Store.MemoryBytes);
    }

    [Theory]
    [InlineData("(memory i64 1)", WasmFeatures.Memory64)]
    [InlineData("(table i64 1 funcref)", WasmFeatures.Memory64)]
    [InlineData("(memory 1 1 shared)", WasmFeatures.Threads)]
    [InlineData("(memory 1 (pagesize 1))", WasmFeatures.CustomPageSizes)]
    public void What_is_not_enabled_is_named(string field, WasmFeatures feature)
    {
        byte[] binary = WatText.ToBinary($"(module {field})");
        All.Validate(binary);
        WasmEngine without = new(new WasmEngineOptions { Features = WasmFeatures.All & ~feature });
        string message = Assert.Throws<MalformedModuleException>(() => without.Validate(binary)).Message;
        Assert.Contains($"{feature} is not enabled", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Types_that_no_module_could_have_are_refused()
    {
        using Store store = new(All);
        Assert.Throws<ArgumentException>(() => new Memory(store, new MemoryType(1, null) { PageBytes = 2 }));
        Assert.Throws<ArgumentException>(() => new Memory(store, new MemoryType(1, null) { IndexType = ValueType.F32 }));
        Assert.Throws<ArgumentException>(() => new Memory(store, new MemoryType(65537, null)));
        Assert.Throws<ArgumentException>(() => new Memory(store, new MemoryType(2, 1)));
        Assert.Throws<ArgumentException>(() => new Memory(store, new MemoryType(1, null) { IsShared = true }));
        Assert.Throws<LimitExceededException>(() => new Memory(store, new MemoryType(65537, null) { IndexType = ValueType.I64 }));
        Assert.Throws<ArgumentException>(() => new Table(store, new TableType(ValueType.FuncRef, 1, 1) { IndexType = ValueType.F64 }, Value.FuncRef(null)));
    }

    [Fact]
    public void Types_are_written_as_the_text_format_has_them()
    {
        Assert.Equal("memory i64 1 2 shared (pagesize 1)", new MemoryType(1, 2) { IndexType = ValueType.I64, IsShared = true, PageBytes = 1 }.ToString());
        Assert.Equal("table i64 1 funcref", new TableType(ValueType.FuncRef, 1, null) { IndexType = ValueType.I64 }.ToString());
    }
}
