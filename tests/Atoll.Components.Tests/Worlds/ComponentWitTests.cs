using Atoll.Components.Text;
using Atoll.Spec.Tests;
using Atoll.Wasm.Text;
using Atoll.Wit;

namespace Atoll.Components.Tests.Worlds;

/// <summary>WIT out of binaries.</summary>
public sealed class ComponentWitTests
{
    [Fact]
    public void The_world_of_a_component_has_its_imports_exports_types_and_resources()
    {
        WitModel model = ComponentWit.Read(Assemble("""
            (component
              (import "a:b/types@1.2.0" (instance $types
                (type $point' (record (field "x" s32) (field "next" (option string))))
                (export "point" (type $point (eq $point')))
                (export "file" (type $file (sub resource)))
                (export "[constructor]file" (func (param "name" string) (result (own $file))))
                (export "[method]file.read" (func (param "self" (borrow $file)) (param "at" $point) (result (result (list u8) (error string)))))
                (export "[static]file.count" (func (result u32)))))
              (alias export $types "point" (type $point))
              (alias export $types "file" (type $file))
              (import "c:d/user" (instance
                (alias outer 1 $point (type $p))
                (export "pt" (type $pt (eq $p)))
                (alias outer 1 $file (type $f))
                (export "file" (type $file2 (eq $f)))
                (type $names' (list string))
                (export "names" (type $names (eq $names')))
                (export "use-them" (func (param "p" $pt) (param "f" (own $file2)) (result $names)))))
              (import "log" (func (param "list" string)))
              (import "plain" (instance (export "f" (func)))))
            """));
        Assert.Equal("""
            package root:component;

            world root {
              import a:b/types@1.2.0;
              import c:d/user;
              import log: func(%list: string);
              import plain: interface {
                f: func();
              }
            }

            package a:b@1.2.0 {
              interface types {
                record point {
                  x: s32,
                  next: option<string>,
                }

                resource file {
                  constructor(name: string);
                  read: func(at: point) -> result<list<u8>, string>;
                  count: static func() -> u32;
                }
              }
            }

            package c:d {
              interface user {
                use a:b/types@1.2.0.{point as pt, file};

                type names = list<string>;

                use-them: func(p: pt, f: file) -> names;
              }
            }

            """.ReplaceLineEndings("\n"), model.ToString());
        Assert.Equal(model.ToString(), WitModel.Parse(model.ToString()).ToString());
    }

    [Fact]
    public void Prebuilt_components_give_WIT_that_reads_back()
    {
        string folder = Path.Combine(SpecData.Root(), "../guests/wasm");
        int found = 0;
        foreach (string file in Directory.EnumerateFiles(folder, "*.wasm").Where(file => new FileInfo(file).Length < 8 << 20))
        {
            byte[] bytes = File.ReadAllBytes(file);
            if (Component.IsComponent(bytes))
            {
                string text = ComponentWit.Read(bytes).ToString();
                Assert.Equal(text, WitModel.Parse(text, Path.GetFileName(file)).ToString());
                found++;
            }
        }

        Assert.True(found > 5);
    }

    [Fact]
    public void The_world_of_a_built_guest_is_the_one_it_was_built_from()
    {
        string root = Path.Combine(SpecData.Root(), "../guests");
        WitWorld built = ComponentWit.Read(File.ReadAllBytes(Path.Combine(root, "wasm/c-pure.component.wasm"))).SelectWorld();
        WitInterface api = built.Exports.Single(item => item.Name == "demo:guest/api@0.1.0").Interface!;
        Assert.Contains(api.Types, type => type is { Name: "point", Body: WitUse });
        Assert.Equal(
            ["add: func(a: u32, b: u32) -> u32", "echo: func(s: string) -> string", "sum: func(xs: list<f64>) -> f64"], api.Functions.Take(3).Select(function => function.ToString()));

        // The sources speak of WASI packages that are not here; without those worlds they stand alone.
        string source = File.ReadAllText(Path.Combine(root, "src/world.wit"));
        WitModel written = WitModel.Parse(source[..source.IndexOf("// 2. custom", StringComparison.Ordinal)]);
        Assert.Empty(WorldComparison.Compare(written.SelectWorld("pure"), built));
    }

    [Fact]
    public void A_package_in_binary_form_is_read_with_its_documentation()
    {
        byte[] package = Assemble("""
            (component
              (type (component
                (type (instance
                  (type $level' (enum "low" "high"))
                  (export "level" (type $level (eq $level')))
                  (export "now" (func (result $level)))))
                (export "a:b/clock@0.1.0" (instance (type 0)))))
              (export "clock" (type 0))
              (type (component
                (type (component
                  (import "a:b/clock@0.1.0" (instance (export "level" (type (sub resource)))))
                  (export "run" (func))))
                (export "a:b/app@0.1.0" (component (type 0)))))
              (export "app" (type 2))
              (@custom "package-docs" "\01{\"docs\":\"The package.\",\"interfaces\":{\"clock\":{\"docs\":\"Tells\\nlevels.\\u001b[31m\",\"funcs\":{\"now\":{\"docs\":\"The level now.\",\"stability\":{\"stable\":{\"since\":\"0.1.0\"}}}},\"types\":{\"level\":{\"items\":{\"low\":\"Not high.\"}}}}}}"))
            """);
        WitModel model = ComponentWit.Read(package);
        Assert.Equal("""
            /// The package.
            package a:b@0.1.0;

            /// Tells
            /// levels.�[31m
            interface clock {
              enum level {
                /// Not high.
                low,
                high,
              }

              /// The level now.
              @since(version = 0.1.0)
              now: func() -> level;
            }

            world app {
              import clock;

              export run: func();
            }

            """.ReplaceLineEndings("\n"), model.ToString());
    }

    [Fact]
    public void What_WIT_cannot_say_is_refused_by_name()
    {
        Assert.Contains("`m` cannot be written in WIT: it is a core module", Assert.Throws<NotSupportedException>(() => ComponentWit.Read(Assemble("(component (import \"m\" (core module)))"))).Message, StringComparison.Ordinal);
        Assert.Contains("no WIT in it", Assert.Throws<NotSupportedException>(() => ComponentWit.Read("\0asm\u0001\0\0\0"u8.ToArray())).Message, StringComparison.Ordinal);
    }

    private static byte[] Assemble(string text) => ComponentText.Assemble(TextSource.Read(text));
}
