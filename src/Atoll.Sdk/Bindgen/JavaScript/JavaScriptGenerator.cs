using Atoll.Components.Types;
using Atoll.Sdk.Bindgen.Plan;
using Atoll.Wit;

namespace Atoll.Sdk.Bindgen.JavaScript;

/// <summary>
/// Writes modules for jco's componentizer with QuickJS: <c>component.js</c>, which is componentized and takes what the user's <c>guest.js</c> exports; a module
/// for each imported interface; declarations for all of them; and a guest to begin with.
/// </summary>
/// <param name="isTypeScript">Whether the guest to begin with is TypeScript. All else is the same.</param>
internal sealed class JavaScriptGenerator(bool isTypeScript) : IGuestGenerator
{
    public IReadOnlyList<GeneratedFile> Generate(BindingPlan plan, GuestBindingsOptions options)
    {
        JsConversions conversions = new(plan);
        JsSupport.Check(plan, conversions);
        JsNames names = new(plan);
        JsDeclarations declarations = new(plan, names);
        JsGlue glue = new(plan, names, conversions);
        string head = Head(plan.World);
        List<GeneratedFile> files = [glue.Component(head)];
        if (conversions.IsNeeded)
        {
            files.Add(conversions.Write(head));
        }

        if (glue.Runtime(head) is { } runtime)
        {
            files.Add(runtime);
        }

        files.Add(declarations.WriteGuest(head + Traps));
        foreach (PlannedScope scope in plan.All)
        {
            if (scope.Side == Side.Import && scope.Functions.Count > 0)
            {
                files.Add(glue.Import(scope, head));
            }

            if (scope.Side == Side.Import || scope.ExternName is not null)
            {
                files.Add(declarations.Write(scope, head));
            }
        }

        files.Add(new JsSkeleton(plan, names).Write(isTypeScript));
        return files;
    }

    private string Head(WitWorld world) =>
        $"// Written by `atoll bindgen {(isTypeScript ? "ts" : "js")}` for the world {world.QualifiedName}. Do not change it: write it again.\n";

    private const string Traps = """
        //
        // How values of WIT look here:
        // - s64 and u64 are bigint. QuickJS itself would have them as doubles, wrong beyond 2^53; the generated modules mend that together with
        //   `atoll component exact-integers`, so import from `./imports/…`, not from the name of an interface.
        // - list<u8> is a Uint8Array, list<s8> an Int8Array, list<u64> a BigUint64Array, list<s64> a BigInt64Array; other lists are arrays.
        // - option<T> is T or null; an option of an option is { tag: 'some', val } or { tag: 'none' }.
        // - A function with a result returns its value and throws its error. An Error without `payload` is a failure of the guest: the component traps, unless
        //   the error is a string, which is the message then. Elsewhere a result is { tag: 'ok', val } or { tag: 'err', val }.
        // - A variant is { tag, val }, an enum the name of its case as WIT writes it, flags an object of booleans, a char a string of one code point.
        // - f32 is rounded: 0.1 comes back as 0.10000000149011612. Numbers beyond the range of an integer type wrap around silently.
        // - Resources are classes. What the host lent is gone when the call ends; what the guest owns is dropped by `[Symbol.dispose]()`, or when it is
        //   collected.
        // - componentize-qjs 0.4.5 gives a borrowed handle of the host back too late: a function that takes one traps at its end. It mixes up owned handles of
        //   resources that the guest exports: functions that take one throw. `atoll build` mends both.

        """;
}
