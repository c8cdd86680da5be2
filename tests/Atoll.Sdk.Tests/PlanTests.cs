using Atoll.Components.Types;
using Atoll.Sdk.Bindgen.Plan;
using Atoll.Wit;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Sdk.Tests;

public sealed class PlanTests
{
    private const string Source = """
        package a:b@1.2.0;
        interface records {
          record many { a: string, b: string, c: string, d: string, e: string, f: string, g: string, h: string, i: u8 }
        }
        interface types {
          variant shape { dot, circle(f32), name(string), far(s64) }
          type names = list<string>;
          resource file { constructor(name: string); size: func() -> u64; open: static func(names: names) -> result<file, shape>; }
          record pair { one: file, other: file }
        }
        world guest {
          use records.{many};
          import types;
          export types;
          export run: func(m: many) -> option<list<string>>;
        }
        """;

    private static BindingPlan Plan(string text)
    {
        WitModel model = WitModel.Parse(text);
        return BindingPlan.Of(model.SelectWorld());
    }

    [Fact]
    public void Every_type_comes_after_what_it_is_built_of()
    {
        BindingPlan plan = Plan(Source);
        Assert.Equal(Enumerable.Range(0, plan.Types.Count), plan.Types.Select(type => type.Number));
        foreach (PlannedType type in plan.Types)
        {
            IEnumerable<PlannedType?> parts = [.. type.Fields.Select(field => field.Type), .. type.Cases.Select(item => item.Type), type.Element];
            Assert.All(parts.OfType<PlannedType>(), part => Assert.True(part.Number < type.Number));
        }
    }

    [Fact]
    public void A_type_with_resources_of_an_interface_that_is_imported_and_exported_is_there_twice()
    {
        BindingPlan plan = Plan(Source);
        PlannedType[] pairs = [.. plan.Types.Where(type => type.Definition?.Name == "pair")];
        Assert.Equal([false, true], pairs.Select(pair => pair.Fields[0].Type.Resource!.IsExported));
        Assert.Single(plan.Types, type => type.Definition?.Name == "shape");
        Assert.Single(plan.Aliases);
    }

    [Fact]
    public void Core_functions_have_the_names_and_types_of_the_canonical_abi()
    {
        BindingPlan plan = Plan(Source);
        PlannedFunction open = plan.Imports.Single(scope => scope.Label == "types").Functions.Single(function => function.Source.Name == "open");
        Assert.Equal(("a:b/types@1.2.0", "[static]file.open"), (open.Scope.ImportModule, open.ImportName));
        Assert.Equal([ValueType.I32, ValueType.I32, ValueType.I32], open.CoreParameters);
        Assert.Null(open.CoreResult);
        PlannedFunction size = plan.Exports.Single(scope => scope.ExternName is not null).Functions.Single(function => function.Source.Name == "size");
        Assert.Equal("a:b/types@1.2.0#[method]file.size", size.ExportName);
        Assert.Equal(ValueType.I64, size.CoreResult);
        Assert.Equal("a:b/types@1.2.0#[dtor]file", size.Resource!.DestructorName);
        Assert.Equal("[export]a:b/types@1.2.0", size.Resource.CoreModule);
        PlannedFunction run = plan.Exports.Single(scope => scope.ExternName is null).Functions.Single();
        Assert.True(run.ParametersSpill);
        Assert.Equal((68u, 4u), (run.SpillSize, run.SpillAlignment));
        Assert.Equal([ValueType.I32], run.CoreParameters);
        Assert.Equal(ValueType.I32, run.CoreResult);
        Assert.Equal(("run", "cabi_post_run"), (run.ExportName, run.PostReturnName));
        Assert.True(run.NeedsPostReturn);
    }

    [Fact]
    public void Types_are_measured()
    {
        PlannedType shape = Plan(Source).Types.Single(type => type.Definition?.Name == "shape");
        Assert.Equal((16u, 8u, 1u, 8u), (shape.Size, shape.Alignment, shape.DiscriminantSize, shape.PayloadOffset));
        Assert.Equal([ValueType.I32, ValueType.I64, ValueType.I32], shape.Flat);
        Assert.Equal(ComponentValueKind.Variant, shape.Kind);
    }

    [Fact]
    public void What_cannot_be_bound_is_listed()
    {
        GuestBindingsException exception = Assert.Throws<GuestBindingsException>(() => Plan("""
            package a:b;
            interface i { record r { s: stream<u8> } f: async func(); g: func(x: r); }
            world w { import i; export h: func() -> future<u32>; }
            """));
        Assert.Contains("a:b/i: `f` is asynchronous", exception.Message, StringComparison.Ordinal);
        Assert.Contains("`g` uses `stream<u8>`", exception.Message, StringComparison.Ordinal);
        Assert.Contains("world w: `h` uses `future<u32>`", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(GuestLanguage.C)]
    [InlineData(GuestLanguage.AssemblyScript)]
    public void Types_that_double_with_each_name_end(GuestLanguage language)
    {
        string text = $"package a:b; interface i {{ type t0 = u8; {string.Concat(Enumerable.Range(1, 90).Select(i => $"type t{i} = tuple<t{i - 1}, t{i - 1}>; "))} }} world w {{ import i; }}";
        WitModel model = WitModel.Parse(text);
        Assert.Throws<GuestBindingsException>(() => GuestBindings.Generate(language, model, model.SelectWorld()));
    }
}
