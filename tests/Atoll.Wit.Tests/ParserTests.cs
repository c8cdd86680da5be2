namespace Atoll.Wit.Tests;

/// <summary>The grammar: what is read, and how what is wrong is shown.</summary>
public sealed class ParserTests
{
    /// <summary>Every construct of the language once; it is in the form that the printer writes, so it must come back unchanged.</summary>
    private const string Everything = """
        /// A package with everything.
        package test:all@1.2.3-rc.1;

        /// Types.
        @since(version = 1.0.0)
        interface types {
          use other.{point, colour as color};

          type t1 = u32;

          type t2 = tuple<u8, s8, u16, s16, u32, s32, u64, s64>;

          type t3 = list<option<result<f32, f64>>>;

          type t4 = result<_, char>;

          type t5 = result<bool>;

          type t6 = result;

          type t7 = list<u8, 16>;

          type t8 = map<string, future<stream<u8>>>;

          type t9 = tuple<future, stream>;

          /// A record.
          record %record {
            /// A field.
            a: u32,
            %type: string,
          }

          variant shape {
            none,
            circle(f64),
            XML-shape(list<point>),
          }

          enum errno {
            too-big,
            too-small,
          }

          flags permissions {
            read,
            write,
          }

          resource empty;

          @unstable(feature = files)
          resource file {
            constructor(name: string);
            /// Reads.
            read: func(count: u64) -> result<list<u8>, errno>;
            open: static async func(other: borrow<file>) -> file;
          }

          @since(version = 1.0.0)
          @deprecated(version = 1.1.0)
          @external-id("weird \"name\"")
          get: async func(a: t1, b: borrow<empty>) -> color;

          nothing: func();
        }

        interface other {
          record point {
            x: f32,
            y: f32,
          }

          enum colour {
            red,
          }
        }

        world %world {
          import types;
          import extra: other;
          import log: func(message: string);
          use other.{point};

          type points = list<point>;

          export other;
          export run: async func() -> points;
          export inner: interface {
            use types.{shape};

            draw: func(s: shape);
          }
        }

        """;

    [Fact]
    public void Everything_is_read_and_printed_unchanged()
    {
        WitModel model = WitModel.Parse(Everything, options: new WitOptions { AllFeatures = true });

        Assert.Equal(Everything, model.ToString(), ignoreLineEndingDifferences: true);
    }

    [Theory]
    [InlineData("package a:b; interface i { f: func() -> ; }", "expected a type, found `;`", 1, 41)]
    [InlineData("package a:b; interface i { record: func(); }", "expected a name, found `:`", 1, 34)]
    [InlineData("package a:b;\ninterface i {\n  f: func(x: u32\n", "expected `,` or `)`, found the end of the text", 4, 1)]
    [InlineData("package a:b; interface Ab { }", "`Ab` is not a name in kebab case", 1, 24)]
    [InlineData("package a:b; interface a--b { }", "`a--b` is not a name in kebab case", 1, 24)]
    [InlineData("package a:b; /* /* */", "the comment is not closed", 1, 14)]
    [InlineData("package a:b@1.0;", "`1.0` is not a version", 1, 13)]
    [InlineData("package a:b@1.02.3;", "`1.02.3` is not a version", 1, 13)]
    [InlineData("package a:b; world w { import a:b; }", "expected `/` and the name of an interface, found `;`", 1, 34)]
    [InlineData("package a:b; interface i { record r { } }", "the record `r` is empty", 1, 35)]
    [InlineData("package a:b; @since(version = 1.0.0) @unstable(feature = x) interface i { }",
        "an item is either `@since` a version or `@unstable`, not both", 1, 14)]
    [InlineData("package a:b; @deprecated(version = 1.0.0) interface i { }",
        "`@deprecated` must be paired with `@since` or `@unstable`", 1, 14)]
    [InlineData("package a:b; interface i { type t = list<u8, 0>; }", "expected the number of elements, 1 to 2147483647, found the number `0`", 1, 46)]
    [InlineData("package a:b; interface i { type t = tuple<>; }", "expected a type, found `>`", 1, 43)]
    [InlineData("package a:b; package c:d;", "the package of a file must be named once, before everything else", 1, 22)]
    [InlineData("package a:b; interface i { use j.{}; }", "at least one name must be used", 1, 35)]
    [InlineData("package a:b; # interface", "unexpected character `#`", 1, 14)]
    [InlineData("package a:b; \u202e", "the character U+202E is not allowed in a WIT text", 1, 14)]
    public void What_is_wrong_is_shown_where_it_stands(string text, string message, int line, int column)
    {
        WitError error = Assert.Single(Assert.Throws<WitException>(() => WitModel.Parse(text)).Errors);

        Assert.Equal((message, line, column), (error.Message, error.Line, error.Column));
    }

    [Fact]
    public void An_error_shows_its_line_with_a_mark_and_help()
    {
        WitException exception = Assert.Throws<WitException>(
            () => WitModel.Parse("package a:b;\ninterface i {\n\tf: func(list: u32);\n}\n", "my.wit"));

        Assert.Equal(
            "my.wit:3:10: error: expected a name, found the keyword `list`\n 3 | \tf: func(list: u32);\n   | \t        ^^^^\n   = help: write `%list` to use a keyword as a name",
            exception.Message, ignoreLineEndingDifferences: true);
    }

    [Theory]
    [InlineData("/// one\n/// two\ninterface i { }", "one\ntwo")]
    [InlineData("/** one\n  * two\n  */\ninterface i { }", "one\ntwo")]
    [InlineData("// not docs\ninterface i { }", null)]
    [InlineData("/**/ interface i { }", null)]
    [InlineData("///  indented\n///\n/// end\ninterface i { }", " indented\n\nend")]
    public void Documentation_comments_are_kept(string item, string? docs)
    {
        WitModel model = WitModel.Parse("package a:b;\n" + item);

        Assert.Equal(docs, model.Root.Interfaces[0].Annotations.Docs);
    }

    [Fact]
    public void A_full_stop_after_a_version_goes_on_with_the_names()
    {
        WitModel model = WitModel.Parse(
            "package a:b; interface i { use c:d/e@1.0.0-x.1.{t}; } package c:d@1.0.0-x.1 { interface e { type t = u8; } }");

        Assert.Equal("t", Assert.Single(model.Root.Interfaces[0].Types).Name);
    }

    [Fact]
    public void Deep_nesting_is_refused_before_it_costs_the_stack()
    {
        string type = string.Concat(Enumerable.Repeat("list<", 100_000));

        WitException exception = Assert.Throws<WitException>(() => WitModel.Parse($"package a:b; interface i {{ type t = {type}"));

        Assert.Equal("types are nested deeper than 100", exception.Errors[0].Message);
    }
}
