using System.Collections.Generic;
using System.Linq;
using Atoll.Wit;

namespace Atoll.Bindings.Planning;

/// <summary>What of a world cannot be bound.</summary>
internal static class Support
{
    public static void Check(WorldPlan plan, List<Problem> problems)
    {
        foreach (WitFunction function in plan.AllImports.Concat(plan.Exports).Append(plan.WorldExports).SelectMany(group => group.Functions))
        {
            if (function.IsAsync)
            {
                Report(function, "is asynchronous");
            }
            else if (function.Parameters.Select(parameter => parameter.Type).Append(function.Result).OfType<WitType>().Select(Unsupported)
                .FirstOrDefault(type => type is not null) is { } type)
            {
                Report(function, $"uses {type}");
            }
        }

        foreach (WitTypeDefinition resource in plan.World.Types.Where(type => type.Body is WitResource))
        {
            problems.Add(new Problem(
                Diagnostics.NotSupported, $"the resource `{resource.Name}` stands in the world itself: put it into an interface", "", 1, 1, 1));
        }

        void Report(WitFunction function, string what)
        {
            string message = $"the function `{function.Name}` {what}: bindings for that are not there yet; call it through ComponentFunction.Invoke, or leave it out";
            problems.Add(function.Place is { } place
                ? Problem.From(Diagnostics.NotSupported, place.Source.Error(message, place.Span))
                : new Problem(Diagnostics.NotSupported, message, "", 1, 1, 1));
        }
    }

    private static string? Unsupported(WitType type) => type switch
    {
        WitStream or WitFuture or WitPrimitive { Kind: WitPrimitiveKind.ErrorContext } => $"`{type}`",
        WitNamed { Definition.Target: var definition } => definition.Body is WitResource ? null : definition.Parts.Select(Unsupported).FirstOrDefault(part => part is not null),
        _ => type.Parts.Select(Unsupported).FirstOrDefault(part => part is not null),
    };
}
