using Atoll.Wit;

namespace Atoll.Sdk.Bindgen.Plan;

/// <summary>What of a world cannot be bound in any language.</summary>
internal sealed class Support
{
    private readonly Dictionary<WitTypeDefinition, WitType?> _known = [];

    private Support()
    {
    }

    /// <exception cref="GuestBindingsException">There is something; the message lists all of it.</exception>
    public static void Check(BindingPlan plan) => new Support().CheckAll(plan);

    private void CheckAll(BindingPlan plan)
    {
        List<string> problems = [];
        foreach (PlannedScope scope in plan.All)
        {
            string place = scope.ExternName ?? $"world {plan.World.Name}";
            IEnumerable<WitFunction> functions = scope.Owner is WitInterface source
                ? source.AllFunctions
                : (scope.Side == Side.Import ? plan.World.Imports : plan.World.Exports).Select(item => item.Function).OfType<WitFunction>();
            foreach (WitFunction function in functions)
            {
                IEnumerable<WitType> types = function.Parameters.Select(parameter => parameter.Type).Append(function.Result).OfType<WitType>();
                if (function.IsAsync)
                {
                    problems.Add($"{place}: `{function.ExternName}` is asynchronous");
                }
                else if (types.Select(Unsupported).FirstOrDefault(type => type is not null) is { } type)
                {
                    problems.Add($"{place}: `{function.ExternName}` uses `{type}`");
                }
            }

            problems.AddRange(scope.Owner.Types.SelectMany(
                definition => definition.Parts.Select(Unsupported).OfType<WitType>().Take(1), (definition, type) => $"{place}: `{definition.Name}` uses `{type}`"));
        }

        if (problems.Count > 0)
        {
            throw new GuestBindingsException(
                $"the world {plan.World} has what bindings cannot express yet; leave it out of the world:\n  {string.Join("\n  ", problems)}");
        }
    }

    private WitType? Unsupported(WitType type) => type switch
    {
        WitStream or WitFuture or WitPrimitive { Kind: WitPrimitiveKind.ErrorContext } => type,
        WitNamed named => Unsupported(named.Definition.Target),
        _ => type.Parts.Select(Unsupported).FirstOrDefault(part => part is not null),
    };

    private WitType? Unsupported(WitTypeDefinition definition)
    {
        if (!_known.TryGetValue(definition, out WitType? type))
        {
            type = definition.Parts.Select(Unsupported).FirstOrDefault(part => part is not null);
            _known.Add(definition, type);
        }

        return type;
    }
}
