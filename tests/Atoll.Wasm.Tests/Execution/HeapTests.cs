namespace Atoll.Wasm.Tests.Execution;

/// <summary>Structures, arrays and typed references beyond what the suites say: where fields lie, who pays, and what must not cross a store.</summary>
public sealed class HeapTests
{
    private const string Hoarder = """
        (module (type $list (struct (field $next (ref null $list)) (field $value i64)))
          (global $head (mut (ref null $list)) (ref.null $list))
          (func (export "hoard") (loop $more (global.set $head (struct.new $list (global.get $head) (i64.const 1))) (br $more)))
          (func (export "waste") (param i32) (result i64) (local $last (ref null $list))
            (loop $more
              (local.set $last (struct.new $list (ref.null $list) (i64.extend_i32_u (local.get 0))))
              (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
              (br_if $more (local.get 0)))
            (struct.get $list $value (local.get $last)))
          (func (export "length") (result i32) (local $at (ref null $list)) (local $n i32)
            (local.set $at (global.get $head))
            (block $end (loop $more
              (br_if $end (ref.is_null (local.get $at)))
              (local.set $n (i32.add (local.get $n) (i32.const 1)))
              (local.set $at (struct.get $list $next (local.get $at)))
              (br $more)))
            (local.get $n))
          (func (export "forget") (global.set $head (ref.null $list))))
        """;

    [Fact]
    public void A_guest_that_keeps_all_is_stopped_and_its_neighbour_goes_on()
    {
        WasmModule module = Guest.Load(Hoarder);
        using Store store = new(Guest.Engine, new StoreOptions { MaxHeapBytes = 1 << 20 });
        Instance greedy = new Linker(Guest.Engine).Instantiate(store, module);
        using Store other = new(Guest.Engine, new StoreOptions { MaxHeapBytes = 1 << 20 });
        Instance neighbour = new Linker(Guest.Engine).Instantiate(other, module);
        for (int i = 0; i < 3; i++)
        {
            LimitExceededException error = Assert.Throws<LimitExceededException>(() => greedy.Call("hoard"));
            Assert.Equal(LimitKind.Heap, error.Limit);
            Assert.Equal("limit.heap", error.Code);
            Assert.InRange(greedy.Call("length")[0].AsI32(), 5_000, 40_000);
            Assert.Equal(1L, neighbour.Call("waste", 10_000)[0].AsI64());
            greedy.Call("forget");
        }
    }

    [Fact]
    public void What_is_dropped_is_paid_back()
    {
        using Store store = new(Guest.Engine, new StoreOptions { MaxHeapBytes = 256 << 10 });
        Instance instance = new Linker(Guest.Engine).Instantiate(store, Guest.Load(Hoarder));
        Assert.Equal(1L, instance.Call("waste", 2_000_000)[0].AsI64());
    }

    [Theory]
    [InlineData("(array.new_default $bytes (i32.const 2000000))")]
    [InlineData("(array.new_default $bytes (i32.const -1))")]
    [InlineData("(array.new $refs (ref.null any) (i32.const 100000))")]
    [InlineData("(array.new_default $refs (i32.const -1))")]
    public void An_array_over_the_limit_is_refused_before_it_exists(string array)
    {
        using Store store = new(Guest.Engine, new StoreOptions { MaxHeapBytes = 1 << 20 });
        Instance instance = new Linker(Guest.Engine).Instantiate(store, Guest.Load($"""
            (module (type $bytes (array (mut i8))) (type $refs (array (mut anyref)))
              (func (export "f") (result i32) (array.len {array})) (func (export "g") (result i32) (i32.const 7)))
            """));
        Assert.Equal(LimitKind.Heap, Assert.Throws<LimitExceededException>(() => instance.Call("f")).Limit);
        Assert.Equal(7, instance.Call("g")[0].AsI32());
    }

    [Fact]
    public void A_deadline_reaches_a_guest_that_only_allocates()
    {
        using Store store = new(Guest.Engine);
        Instance instance = new Linker(Guest.Engine).Instantiate(store, Guest.Load("""
            (module (type $bytes (array (mut i8)))
              (func (export "f") (loop $more (drop (array.new_default $bytes (i32.const 100000))) (br $more))))
            """));
        store.SetDeadline(TimeSpan.FromMilliseconds(100));
        Assert.Equal(LimitKind.Time, Assert.Throws<LimitExceededException>(() => instance.Call("f")).Limit);
    }

    // More fields than the chain of classes has room for, of every kind, in mixed order, and read through the supertype as well.
    [Fact]
    public void Fields_of_every_kind_keep_apart()
    {
        string[] kinds = ["i8", "i16", "i32", "i64", "f32", "f64", "v128", "anyref"];
        string fields = string.Concat(Enumerable.Range(0, 40).Select(i => $"(field $f{i} (mut {kinds[i * 5 % 8]}))"));
        string more = string.Concat(Enumerable.Range(40, 24).Select(i => $"(field $f{i} (mut {kinds[i * 3 % 8]}))"));
        string sets = string.Concat(Enumerable.Range(0, 64).Select(i => $"(struct.set $sub $f{i} (local.get $s) {Make(Kind(i), i)})"));
        string checks = string.Concat(Enumerable.Range(0, 64).Select(i => $"(if (i32.ne {Read(Kind(i), "$sub", i)} (i32.const {i + 1})) (then (return (i32.const {i}))))"));
        string superChecks = string.Concat(Enumerable.Range(0, 40).Select(i => $"(if (i32.ne {Read(Kind(i), "$super", i)} (i32.const {i + 1})) (then (return (i32.const {100 + i}))))"));
        Instance instance = Guest.Run($"""
            (module (type $super (sub (struct {fields}))) (type $sub (sub $super (struct {fields} {more})))
              (func (export "f") (result i32) (local $s (ref null $sub))
                (local.set $s (struct.new_default $sub)) {sets} {checks} {superChecks} (i32.const -1)))
            """);
        Assert.Equal(-1, instance.Call("f")[0].AsI32());

        string Kind(int i) => i < 40 ? kinds[i * 5 % 8] : kinds[i * 3 % 8];
    }

    private static string Make(string kind, int i) => kind switch
    {
        "i8" or "i16" or "i32" => $"(i32.const {i + 1})",
        "v128" => $"(i32x4.splat (i32.const {i + 1}))",
        "anyref" => $"(ref.i31 (i32.const {i + 1}))",
        _ => $"({kind}.const {i + 1})",
    };

    private static string Read(string kind, string type, int i) => kind switch
    {
        "i8" or "i16" => $"(struct.get_u {type} $f{i} (local.get $s))",
        "i32" => $"(struct.get {type} $f{i} (local.get $s))",
        "i64" => $"(i32.wrap_i64 (struct.get {type} $f{i} (local.get $s)))",
        "f32" or "f64" => $"(i32.trunc_{kind}_s (struct.get {type} $f{i} (local.get $s)))",
        "v128" => $"(i32x4.extract_lane 3 (struct.get {type} $f{i} (local.get $s)))",
        _ => $"(i31.get_s (ref.cast (ref i31) (struct.get {type} $f{i} (local.get $s))))",
    };

    [Theory]
    [InlineData("(struct.get $s 0 (ref.null $s))", TrapKind.NullReference, "null structure reference")]
    [InlineData("(array.get $a (ref.null $a) (i32.const 0))", TrapKind.NullReference, "null array reference")]
    [InlineData("(array.get $a (array.new_default $a (i32.const 3)) (i32.const 3))", TrapKind.ArrayOutOfBounds, "out of bounds array access")]
    [InlineData("(array.get $a (array.new_default $a (i32.const 3)) (i32.const -1))", TrapKind.ArrayOutOfBounds, "out of bounds array access")]
    [InlineData("(i31.get_s (ref.null i31))", TrapKind.NullReference, "null i31 reference")]
    [InlineData("(call_ref $f (ref.null $f))", TrapKind.NullReference, "null function reference")]
    [InlineData("(struct.get $s 0 (ref.cast (ref $s) (ref.i31 (i32.const 1))))", TrapKind.CastFailure, "cast failure")]
    public void Traps_have_their_kinds(string expression, TrapKind kind, string message)
    {
        Instance instance = Guest.Run($"""
            (module (type $s (struct (field i32))) (type $a (array i32)) (type $f (func (result i32)))
              (func (export "f") (result i32) {expression}))
            """);
        TrapException trap = Assert.Throws<TrapException>(() => instance.Call("f"));
        Assert.Equal((kind, message), (trap.Kind, trap.Message));
        Assert.Equal("function[0]", Assert.Single(trap.GuestStack).ToString());
    }

    [Fact]
    public void The_host_keeps_references_and_hands_them_back_to_the_same_store_only()
    {
        WasmModule module = Guest.Load("""
            (module (type $s (struct (field i32))) (global (export "g") (mut anyref) (ref.null any))
              (func (export "make") (param i32) (result (ref $s)) (struct.new $s (local.get 0)))
              (func (export "read") (param (ref null $s)) (result i32) (struct.get $s 0 (local.get 0)))
              (func (export "any") (param anyref) (result anyref) (local.get 0))
              (func (export "extern") (param externref) (result externref) (local.get 0)))
            """);
        using Store store = new(Guest.Engine);
        using Store other = new(Guest.Engine);
        Instance instance = new Linker(Guest.Engine).Instantiate(store, module);
        Instance foreign = new Linker(Guest.Engine).Instantiate(other, module);
        Value made = instance.Call("make", 42)[0];
        Assert.False(made.Type.IsNullable);
        Assert.Equal(42, instance.Call("read", made)[0].AsI32());
        Assert.Same(made.AsReference(), instance.Call("any", made)[0].AsReference());
        Assert.Throws<ArgumentException>(() => foreign.Call("read", made));
        Assert.Throws<ArgumentException>(() => foreign.Call("any", made));
        Assert.Throws<ArgumentException>(() => foreign.Call("extern", Value.ExternRef(made.AsReference())));
        Assert.Throws<ArgumentException>(() => foreign.GetGlobal("g")!.Value = made);
        Assert.Throws<ArgumentException>(() => instance.Call("read", Value.I31(5)));
        Assert.Equal(5, instance.Call("any", Value.I31(5))[0].AsI31());
        Assert.Equal(-1, instance.Call("any", Value.I31(int.MaxValue))[0].AsI31());
        Assert.Throws<ArgumentException>(() => instance.Call("read", 1));
    }

    [Fact]
    public void A_reference_that_cannot_be_null_is_checked_where_it_comes_from_the_host()
    {
        using Store store = new(Guest.Engine);
        FunctionType giver = new([], [ValueType.AnyRef]);
        Assert.Throws<ArgumentException>(() => new Table(store, new TableType(ValueType.FuncRef, 1, 1), Value.ExternRef(null)));
        Linker linker = new Linker(Guest.Engine).DefineFunction("host", "give", giver, (_, _, results) => results[0] = Value.ExternRef("wrong hierarchy"));
        Instance instance = linker.Instantiate(store, Guest.Load("""
            (module (import "host" "give" (func $give (result anyref))) (func (export "f") (drop (call $give))))
            """));
        Assert.IsType<ArgumentException>(Assert.Throws<HostFunctionException>(() => instance.Call("f")).InnerException);
    }

    [Fact]
    public void Equal_types_of_different_modules_are_one()
    {
        using Store store = new(Guest.Engine);
        Linker linker = new(Guest.Engine);
        const string Types = "(rec (type $node (sub (struct (field (ref null $tree))))) (type $tree (array (mut (ref null $node)))))";
        linker.DefineInstance("a", linker.Instantiate(store, Guest.Load($"""
            (module {Types} (func (export "make") (result (ref $node)) (struct.new_default $node)))
            """)));
        Instance user = linker.Instantiate(store, Guest.Load($"""
            (module (type (func)) {Types} (import "a" "make" (func $make (result (ref $node))))
              (func (export "f") (result i32) (ref.test (ref $node) (call $make))))
            """));
        Assert.Equal(1, user.Call("f")[0].AsI32());
        UnlinkableException error = Assert.Throws<UnlinkableException>(() => linker.Instantiate(store, Guest.Load("""
            (module (type $node (sub (struct (field (ref null $node))))) (import "a" "make" (func (result (ref $node)))))
            """)));
        Assert.StartsWith("incompatible import type for a.make", error.Missing[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_chain_of_supertypes_is_refused()
    {
        string chain = "(type $t0 (sub (struct)))" + string.Concat(Enumerable.Range(1, 63).Select(i => $"(type $t{i} (sub $t{i - 1} (struct)))"));
        Guest.Load($"(module {chain})");
        Assert.StartsWith("sub type 64", Assert.Throws<InvalidModuleException>(() => Guest.Load($"(module {chain} (type (sub $t63 (struct))))")).Message, StringComparison.Ordinal);
    }
}
