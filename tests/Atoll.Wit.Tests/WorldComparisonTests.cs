namespace Atoll.Wit.Tests;

public sealed class WorldComparisonTests
{
    private const string Base = """
        package t:t@0.1.0;
        interface host { log: func(m: string); }
        interface api { record point { x: u32, y: u32 } enum e { a, b } move: func(p: point, e: e) -> result<point, string>; resource r { get: func() -> u8; } }
        world w { import host; export api; export run: func(); }
        """;

    [Theory]
    [InlineData("", "")]
    [InlineData("@0.1.0", "@0.1.7")]
    [InlineData("import host; ", "")]
    [InlineData("export run: func();", "export run: func(); export more: func();")]
    [InlineData("move:", "extra: func(); move:")]
    [InlineData("record point { x: u32, y: u32 }", "type num = u32; record point { x: num, y: num }")]
    public void A_world_that_needs_no_more_and_offers_no_less_is_a_drop_in(string old, string @new) => Assert.Empty(Compare(old, @new));

    [Theory]
    [InlineData("@0.1.0", "@0.2.0", "import t:t/host@0.2.0: the host of the old world does not offer it")]
    [InlineData("import host;", "import host; import clock: func() -> u64;", "import clock: the host of the old world does not offer it")]
    [InlineData("export run: func();", "", "export run: the new world does not export it")]
    [InlineData("log: func(m: string);", "log: func(m: string); flush: func();", "import t:t/host@0.1.0, func flush: the other side does not have it")]
    [InlineData("x: u32, y", "x: u64, y", "export t:t/api@0.1.0, type point, field x: the type is u32 on one side and u64 on the other")]
    [InlineData("y: u32 }", "y: u32, z: u32 }", "export t:t/api@0.1.0, type point: it has 2 fields on one side and 3 on the other")]
    [InlineData("{ a, b }", "{ b, a }", "export t:t/api@0.1.0, type e: case 1 is `a` on one side and `b` on the other")]
    [InlineData("(p: point", "(q: point", "export t:t/api@0.1.0, func move: parameter 1 is called `p` on one side and `q` on the other")]
    [InlineData("result<point, string>", "result<point>",
        "export t:t/api@0.1.0, func move, result: the type is string on one side and nothing on the other")]
    [InlineData("get: func() -> u8;", "", "export t:t/api@0.1.0, func [method]r.get: the other side does not have it")]
    [InlineData("run: func()", "run: async func()", "export run: it is async on one side only")]
    public void A_difference_is_named_with_its_place(string old, string @new, string difference) =>
        Assert.Contains(difference, Compare(old, @new).Select(item => item.ToString()));

    private static IReadOnlyList<WorldDifference> Compare(string old, string @new)
    {
        string changed = old.Length == 0 ? Base : Base.Replace(old, @new, StringComparison.Ordinal);
        Assert.Equal(old.Length == 0, changed == Base);
        return WorldComparison.Compare(WitModel.Parse(Base).SelectWorld(), WitModel.Parse(changed).SelectWorld());
    }
}
