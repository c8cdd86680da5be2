using System.Text;

namespace Atoll.Wit.Tests;

/// <summary>The meaning of names: interfaces, types, worlds, packages, gates.</summary>
public sealed class ResolverTests
{
    [Theory]
    [InlineData("interface i { type a = b; }", "the type `b` is not defined")]
    [InlineData("interface i { type a = a; }", "the type `a` is built of itself")]
    [InlineData("interface i { record a { x: option<b> } record b { y: a } }", "the type `a` is built of itself")]
    [InlineData("interface i { type a = u8; type A = u8; }", "the name `A` is already defined here")]
    [InlineData("interface i { a: func(x: u8, X: u8); }", "the parameter `X` stands here twice")]
    [InlineData("interface i { use j.{a}; } interface j { use i.{b}; }", "`i` needs `j` needs `i`: this is a cycle")]
    [InlineData("interface i { use j.{a}; } interface j { a: func(); }", "there is no type `a` in `t:t/j`")]
    [InlineData("interface i { use w.{a}; } world w { }", "`w` is a world, an interface is needed here")]
    [InlineData("world w { include i; } interface i { }", "`i` is an interface, a world is needed here")]
    [InlineData("interface i { use x:y/z.{a}; }", "the package `x:y` is not found")]
    [InlineData("interface i { } interface i { }", "`i` is defined twice in the package `t:t`")]
    [InlineData("interface i { type t = u8; f: func(x: borrow<t>); }", "`t` is not a resource: only resources have handles")]
    [InlineData("interface i { resource r; f: func() -> option<borrow<r>>; }", "a result cannot hold a borrowed handle")]
    [InlineData("interface i { resource r; record h { x: borrow<r> } f: func() -> list<h>; }", "a result cannot hold a borrowed handle")]
    [InlineData("interface i { resource r { constructor() -> u32; } }", "a constructor returns nothing or `result<r, …>`")]
    [InlineData("interface i { resource r { constructor(); constructor(); } }", "a resource has at most one constructor")]
    [InlineData("interface i { resource r { a: func(); a: static func(); } }", "the name `a` is already defined in this resource")]
    [InlineData("interface i { type m = map<f32, u8>; }", "the keys of a map are integers, bool, char or string")]
    [InlineData("interface i { enum e { a, b, a } }", "the name `a` stands twice in the enum")]
    [InlineData("world w { import a: func(); import a: func(); }", "the name `a` is already defined here")]
    [InlineData("interface i { } world w { export i; export i; }", "`t:t/i` is exported twice")]
    [InlineData("world a { import x: func(); } world w { import x: func(); include a; }", "the plain name `x` is imported already")]
    [InlineData("world a { import x: func(); } world w { include a with { y as z } }",
        "there is no import or export with the plain name `y` in the world `a`")]
    [InlineData("interface i { resource r; } world w { import i; export i; use i.{r}; }",
        "`i` is imported and exported: it is not clear which of the two is used")]
    [InlineData("@since(version = 1.0.0) interface i { }", "a gate with a version needs a package with a version")]
    public void What_cannot_be_meant_is_refused(string items, string message)
    {
        WitException exception = Assert.Throws<WitException>(() => WitModel.Parse("package t:t; " + items));

        Assert.Equal(message, exception.Errors[0].Message);
    }

    [Fact]
    public void All_errors_of_a_package_are_reported_at_once()
    {
        WitException exception = Assert.Throws<WitException>(
            () => WitModel.Parse("package t:t; interface i { type a = b; type c = d; f: func(x: e); }"));

        Assert.Equal(["the type `b` is not defined", "the type `d` is not defined", "the type `e` is not defined"],
            exception.Errors.Select(error => error.Message));
    }

    [Fact]
    public void A_resource_is_a_handle_where_it_is_used_under_any_name()
    {
        WitModel model = WitModel.Parse(
            "package t:t; interface i { use j.{s}; type u = s; f: func(a: s, b: u, c: borrow<u>, d: list<s>); } interface j { resource r; type s = r; }");
        WitFunction function = model.Root.Interfaces[0].Functions[0];

        WitTypeDefinition resource = model.Root.Interfaces[1].Types[0];
        Assert.All(function.Parameters.Take(3), parameter => Assert.Same(resource, Assert.IsType<WitHandle>(parameter.Type).Resource.Target));
        Assert.True(((WitHandle)function.Parameters[2].Type).IsBorrowed);
        Assert.IsType<WitHandle>(((WitList)function.Parameters[3].Type).Element);
    }

    [Fact]
    public void Interfaces_that_are_needed_are_imported_before_those_that_need_them()
    {
        WitModel model = WitModel.Parse("""
            package t:t@1.0.0;
            interface a { type x = u8; }
            interface b { use a.{x}; type y = x; }
            interface c { use b.{y}; }
            interface d { use b.{y}; }
            world w { import c; export d; }
            """);
        WitWorld world = model.SelectWorld();

        Assert.Equal(["t:t/a@1.0.0", "t:t/b@1.0.0", "t:t/c@1.0.0"], world.Imports.Select(item => item.Name));
        Assert.Equal([true, true, false], world.Imports.Select(item => item.IsImplied));
        Assert.Equal(["t:t/d@1.0.0"], world.Exports.Select(item => item.Name));
    }

    [Fact]
    public void An_exported_interface_uses_the_export_of_another_before_its_import()
    {
        WitModel model = WitModel.Parse(
            "package t:t; interface a { resource r; } interface b { use a.{r}; f: func() -> r; } world w { export a; export b; }");

        Assert.Empty(model.SelectWorld().Imports);
    }

    [Fact]
    public void Included_worlds_are_merged_and_plain_names_renamed()
    {
        WitModel model = WitModel.Parse("""
            package t:t;
            interface a { }
            world one { import a; import f: func(); type t = u8; }
            world two { import a; import f: func(x: u32); export run: func(); }
            world both { include one; include two with { f as g } }
            """);

        Assert.Equal(["t:t/a", "f", "g"], model.SelectWorld("both").Imports.Select(item => item.Name));
        Assert.Equal(["run"], model.SelectWorld("both").Exports.Select(item => item.Name));
        Assert.Equal(["t"], model.SelectWorld("both").Types.Select(type => type.Name));
    }

    [Fact]
    public void Unstable_items_are_there_only_with_their_feature()
    {
        const string Text = "package t:t; interface i { @unstable(feature = fancy) f: func(); g: func(); }";

        Assert.Equal(["g"], WitModel.Parse(Text).Root.Interfaces[0].Functions.Select(function => function.Name));
        Assert.Equal(["f", "g"],
            WitModel.Parse(Text, options: new WitOptions { Features = ["fancy"] }).Root.Interfaces[0].Functions.Select(function => function.Name));
    }

    [Fact]
    public void A_package_may_come_twice_if_it_is_the_same()
    {
        WitFile root = new("root.wit", "package r:r; interface i { use a:a/x.{t}; }");
        WitFile first = new("one.wit", "package a:a; interface x { type t = u8; }");
        WitFile same = new("two.wit", "package b:b; package a:a { /* copied */ interface x { type t = u8; } }");
        WitFile other = new("three.wit", "package b:b; package a:a { interface x { type t = u16; } }");

        Assert.Equal(3, WitModel.Resolve([root], [[first], [same]]).Packages.Count);
        WitException exception = Assert.Throws<WitException>(() => WitModel.Resolve([root], [[first], [other]]));
        Assert.Equal("the package `a:a` is defined a second time with other contents", exception.Errors[0].Message);
    }

    [Fact]
    public void A_world_is_found_by_name_or_by_being_the_only_one()
    {
        WitModel model = WitModel.Parse("package t:t; world a { } world b { } package u:u@0.1.0 { world c { } }");

        Assert.Equal("b", model.SelectWorld("b").Name);
        Assert.Equal("c", model.SelectWorld("u:u/c").Name);
        Assert.Equal("c", model.SelectWorld("u:u/c@0.1.0").Name);
        Assert.Contains("choose one of t:t/a, t:t/b", Assert.Throws<ArgumentException>(() => model.SelectWorld()).Message, StringComparison.Ordinal);
        Assert.Contains("there is no world `d`", Assert.Throws<ArgumentException>(() => model.SelectWorld("d")).Message, StringComparison.Ordinal);
    }

    /// <summary>Chains as long as the input must cost neither the stack nor time that grows with their square.</summary>
    [Fact]
    public void Long_chains_of_names_are_resolved_without_recursion()
    {
        const int Count = 50_000;
        StringBuilder text = new("package t:t; interface i { type t0 = u8; ");
        for (int i = 1; i < Count; i++)
        {
            // Each stands before what it is built of.
            text.Append($"type t{Count - i} = t{Count - i - 1}; ");
        }

        text.Append("} interface i0 { type t = u8; } ");
        for (int i = 1; i < Count; i++)
        {
            text.Append($"interface i{Count - i} {{ use i{Count - i - 1}.{{t}}; }} ");
        }

        text.Append($"world w {{ import i{Count - 1}; }}");
        WitModel model = WitModel.Parse(text.ToString());

        Assert.Equal(Count, model.SelectWorld().Imports.Count);
    }
}
