using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using Atoll.Wasm.Execution;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>Small host functions become part of the code that calls them: whatever the delegate is made of, it does what a call of the delegate does.</summary>
public sealed class SmallHostFunctionTests
{
    private const string Module = """
        (module
          (import "h" "f" (func $f (param i32) (result i32)))
          (func (export "f") (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1000))))
        """;

    private readonly int _ten = 10;

    private static int Twice(int value) => value * 2;

    private static object Itself(object value) => value;

    private static int TwiceOf<T>(int value)
        where T : struct => value * Unsafe.SizeOf<T>() / 2;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Apart(int value) => value;

    private static int Large(int value) => (value * 3) + (value / 3) + (value << 3) + (value % 7) + (value & 11) + (value ^ 13) + (value | 17) + (value * 19) + (value / 23);

    private int Tenfold(int value) => value * _ten;

    private static int Call(Delegate function, int argument, StoreOptions? options = null) =>
        Guest.Run(Module, options: options, link: (linker, _) => linker.DefineFunction("h", "f", function)).Call("f", argument)[0].AsI32();

    [Fact]
    public void Each_kind_of_delegate_is_called()
    {
        int captured = 3;
        int calls = 0;
        Func<int, int> several = value => value;
        several += value => value + 7;
        Func<int, int> first = default(Prefix).Add;
        Func<int, int> closed = new Prefix { Number = 5 }.AddNumber;
        ParameterExpression parameter = Expression.Parameter(typeof(int));
        (Delegate Function, int Expected)[] functions =
        [
            ((int value) => value + 1, 22), (Twice, 42), (Tenfold, 210), ((int value) => value + captured, 24), ((int value) => calls += value, 21), (several, 28),
            (new Base().Virtual, 22), (new Derived().Virtual, 23), (new Derived().NotOverridden, 24), (((Base)new Derived()).Virtual, 23), (TwiceOf<int>, 42), (first, 21), (closed, 26),
            (new Generic<string>().Add, 23), (Expression.Lambda<Func<int, int>>(Expression.Add(parameter, Expression.Constant(9)), parameter).Compile(), 30),
            ((uint value) => value - 30, -9), ((Caller caller, int value) => value + (caller.Instance is null ? 0 : 1), 22), (new Hidden(value => value + 6), 27),
            (Delegate.CreateDelegate(typeof(Func<int, int>), "abc", typeof(Extensions).GetMethod(nameof(Extensions.Longer))!), 24),
        ];
        foreach ((Delegate function, int expected) in functions)
        {
            // Twice: the second one finds the code of the first. And as it is when calls are counted.
            Assert.Equal(1000 + expected, Call(function, 21));
            calls = 0;
            Assert.Equal(1000 + expected, Call(function, 21));
            calls = 0;
            Assert.Equal(1000 + expected, Call(function, 21, new StoreOptions { CollectStats = true }));
            calls = 0;
        }
    }

    [Fact]
    public void Only_what_stays_and_is_small_is_called_directly()
    {
        int captured = 3;
        Assert.NotNull(HostThunks.SmallMethod(Twice));
        Assert.NotNull(HostThunks.SmallMethod((int value) => value + captured));
        Func<int, int> several = Twice;
        several += Twice;
        Assert.Null(HostThunks.SmallMethod(several));
        Assert.Null(HostThunks.SmallMethod(Large));
        Assert.Null(HostThunks.SmallMethod(Apart));
        Assert.Null(HostThunks.SmallMethod(TwiceOf<int>));
        Assert.Null(HostThunks.SmallMethod(new Derived().Virtual));
        Assert.Null(HostThunks.SmallMethod(Expression.Lambda<Func<int>>(Expression.Constant(1)).Compile()));
    }

    [Fact]
    public void Each_instance_has_its_own_receiver()
    {
        int[] sums = new int[3];
        Instance[] instances = [.. Enumerable.Range(0, sums.Length).Select(i => Guest.Run(Module, link: (linker, _) => linker.DefineFunction("h", "f", (int value) => sums[i] += value)))];
        for (int i = 0; i < 10; i++)
        {
            instances[i % 3].Call("f", i);
        }

        Assert.Equal([18, 12, 15], sums);
    }

    [Fact]
    public void What_it_throws_is_told_with_its_name()
    {
        int[] none = [];
        string? nothing = null;
        int zero = 0;
        (Delegate Function, Type Error)[] functions =
        [
            ((int value) => none[value], typeof(IndexOutOfRangeException)), ((int value) => nothing!.Length, typeof(NullReferenceException)), ((int value) => value / zero, typeof(DivideByZeroException)),
            ((int value) => checked(value * int.MaxValue), typeof(OverflowException)), (new Func<int, int>(_ => throw new TimeZoneNotFoundException()), typeof(TimeZoneNotFoundException)),
        ];
        foreach ((Delegate function, Type error) in functions)
        {
            HostFunctionException thrown = Assert.Throws<HostFunctionException>(() => Call(function, 21));
            Assert.IsType(error, thrown.InnerException);
            Assert.Contains("'h.f'", thrown.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_reference_of_another_store_is_refused()
    {
        Function? other = Guest.Run(Module, link: (linker, _) => linker.DefineFunction("h", "f", Twice)).GetFunction("f");
        Instance instance = Guest.Run(
            """(module (import "h" "f" (func $f (result funcref))) (func (export "f") (drop (call $f))))""", link: (linker, _) => linker.DefineFunction("h", "f", () => other));
        Assert.ThrowsAny<Exception>(() => instance.Call("f"));
        Instance same = Guest.Run(
            """(module (import "h" "f" (func $f (param externref) (result externref))) (func (export "f") (param externref) (result externref) (call $f (local.get 0))))""",
            link: (linker, _) => linker.DefineFunction("h", "f", Itself));
        Assert.Same(this, same.Call("f", Value.ExternRef(this))[0].Reference);
    }

    private delegate int Hidden(int value);

    private struct Prefix
    {
        public int Number;

        public readonly int Add(int value) => Number + value;

        public readonly int AddNumber(int value) => Number + value;
    }

    private class Base
    {
        public virtual int Virtual(int value) => value + 1;

        public virtual int NotOverridden(int value) => value + 3;
    }

    private sealed class Derived : Base
    {
        public override int Virtual(int value) => value + 2;
    }

    private sealed class Generic<T>
    {
        public int Add(int value) => value + (typeof(T) == typeof(string) ? 2 : 0);
    }
}

/// <summary>Static methods that a delegate can be closed over.</summary>
internal static class Extensions
{
    public static int Longer(string text, int value) => value + text.Length;
}
