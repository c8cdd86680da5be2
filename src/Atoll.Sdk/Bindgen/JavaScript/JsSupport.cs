using Atoll.Sdk.Bindgen.Plan;
using Atoll.Wit;

namespace Atoll.Sdk.Bindgen.JavaScript;

/// <summary>What of a world cannot be bound in JavaScript.</summary>
internal static class JsSupport
{
    public static void Check(BindingPlan plan, JsConversions conversions)
    {
        List<string> problems = [];
        IEnumerable<PlannedScope> interfaces = plan.Exports.Where(scope => scope.ExternName is not null);
        foreach (IGrouping<string, PlannedScope> same in interfaces.GroupBy(JsNames.Label).Where(group => group.Count() > 1))
        {
            problems.Add($"{string.Join(" and ", same.Select(scope => scope.ExternName))} would both be the export `{same.Key}`");
        }

        foreach (PlannedScope scope in plan.Exports)
        {
            // The host calls methods on the very objects that the guest made: nothing can stand between that converts.
            problems.AddRange(scope.Functions.Where(function => function.Resource is not null && conversions.Needs(function)).Select(
                function => $"{scope.ExternName}: `{function.Source.ExternName}` of an exported resource has a 64-bit integer"));
            problems.AddRange(scope.Functions.Where(function => function.Source.Kind is WitFunctionKind.Method or WitFunctionKind.Constructor)
                .Where(JsGlue.TakesExported).Select(function => $"{scope.ExternName}: `{function.Source.ExternName}` takes an owned handle of an exported resource"));
        }

        foreach (PlannedScope scope in plan.All)
        {
            IEnumerable<WitFunction> functions = scope.Functions.Select(function => function.Source);
            problems.AddRange(functions.Where(function => function.Parameters.Select(parameter => parameter.Type).Append(function.Result).Any(HasMap)).Select(
                function => $"{scope.ExternName ?? plan.World.Name}: `{function.ExternName}` has a map"));
        }

        if (problems.Count > 0)
        {
            throw new GuestBindingsException(
                $"the world {plan.World} has what bindings for JavaScript cannot express; leave it out of the world:\n  {string.Join("\n  ", problems)}");
        }
    }

    private static bool HasMap(WitType? type) => type switch
    {
        null => false,
        WitMap => true,
        WitNamed named => named.Definition.Target.Parts.Any(HasMap),
        _ => type.Parts.Any(HasMap),
    };
}
