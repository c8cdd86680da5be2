namespace Atoll.Wit;

/// <summary>
/// One comparison. "Offered" is the side that gives, "needed" the side that takes: for exports the new world offers what the old one
/// promised, for imports the old world's host offers what the new one needs.
/// </summary>
internal sealed class WorldComparer
{
    private readonly List<WorldDifference> _differences = [];

    /// <summary>Pairs of definitions that were compared, so that shared types are looked at once.</summary>
    private readonly HashSet<(WitTypeDefinition, WitTypeDefinition)> _compared = [];

    private readonly HashSet<(WitTypeDefinition, WitTypeDefinition)> _bodies = [];

    public List<WorldDifference> Run(WitWorld old, WitWorld @new)
    {
        Compare("import", needed: @new.Imports, offered: old.Imports, "the host of the old world does not offer it");
        Compare("export", needed: old.Exports, offered: @new.Exports, "the new world does not export it");
        return _differences;
    }

    private void Compare(string direction, IReadOnlyList<WitWorldItem> needed, IReadOnlyList<WitWorldItem> offered, string missing)
    {
        Dictionary<string, WitWorldItem> byName = [];
        foreach (WitWorldItem item in offered)
        {
            byName[Key(item)] = item;
        }

        foreach (WitWorldItem item in needed)
        {
            string path = $"{direction} {item.Name}";
            if (!byName.TryGetValue(Key(item), out WitWorldItem? match))
            {
                // An interface that is there only for its types, and only for types that are values, is needed by nobody.
                if (!item.IsImplied || item.Interface!.AllFunctions.Any())
                {
                    Add(path, missing);
                }
            }
            else if ((item.Function is null) != (match.Function is null))
            {
                Add(path, item.Function is null ? "it is an interface on one side and a function on the other" : "it is a function on one side and an interface on the other");
            }
            else if (item.Function is not null)
            {
                CompareFunctions(path, item.Function, match.Function!);
            }
            else
            {
                CompareInterfaces(path, item.Interface!, match.Interface!);
            }
        }
    }

    /// <summary>Interfaces are the same under compatible versions; a later one of a track has all that an earlier one has.</summary>
    private static string Key(WitWorldItem item) => item.IsPlain || item.Interface!.Package.Name.Version is not { } version
        ? item.Name
        : item.Name.Substring(0, item.Name.Length - version.ToString().Length) + version.Track;

    private void CompareInterfaces(string path, WitInterface needed, WitInterface offered)
    {
        Dictionary<string, WitFunction> functions = [];
        foreach (WitFunction function in offered.AllFunctions)
        {
            functions[function.ExternName] = function;
        }

        foreach (WitTypeDefinition type in needed.Types)
        {
            string typePath = $"{path}, type {type.Name}";
            if (offered.FindType(type.Name) is { } match)
            {
                CompareDefinitions(typePath, type, match);
            }
            else
            {
                Add(typePath, "the other side does not define it");
            }
        }

        foreach (WitFunction function in needed.AllFunctions)
        {
            string functionPath = $"{path}, func {function.ExternName}";
            if (functions.TryGetValue(function.ExternName, out WitFunction? match))
            {
                CompareFunctions(functionPath, function, match);
            }
            else
            {
                Add(functionPath, "the other side does not have it");
            }
        }
    }

    private void CompareFunctions(string path, WitFunction needed, WitFunction offered)
    {
        if (needed.IsAsync != offered.IsAsync)
        {
            Add(path, "it is async on one side only");
        }

        if (needed.Parameters.Count != offered.Parameters.Count)
        {
            Add(path, $"it takes {needed.Parameters.Count} parameters on one side and {offered.Parameters.Count} on the other");
            return;
        }

        for (int i = 0; i < needed.Parameters.Count; i++)
        {
            WitParameter left = needed.Parameters[i];
            WitParameter right = offered.Parameters[i];
            if (left.Name != right.Name)
            {
                Add(path, $"parameter {i + 1} is called `{left.Name}` on one side and `{right.Name}` on the other");
            }

            CompareTypes($"{path}, parameter {left.Name}", left.Type, right.Type);
        }

        CompareOptional($"{path}, result", needed.Result, offered.Result);
    }

    private void CompareOptional(string path, WitType? left, WitType? right)
    {
        if ((left is null) != (right is null))
        {
            Add(path, $"the type is {left?.ToString() ?? "nothing"} on one side and {right?.ToString() ?? "nothing"} on the other");
        }
        else if (left is not null)
        {
            CompareTypes(path, left, right!);
        }
    }

    private void CompareTypes(string path, WitType left, WitType right)
    {
        if (left is WitNamed first && right is WitNamed second && !_compared.Add((first.Definition, second.Definition)))
        {
            // Without this, aliases that each name the last one twice would be expanded 2^n times.
            return;
        }

        left = Unalias(left);
        right = Unalias(right);
        switch (left, right)
        {
            case (WitNamed { Definition: var a }, WitNamed { Definition: var b }):
                CompareDefinitions(path, a, b);
                return;
            case (WitHandle a, WitHandle b) when a.IsBorrowed == b.IsBorrowed:
                CompareDefinitions(path, a.Resource, b.Resource);
                return;
            case (WitPrimitive a, WitPrimitive b) when a.Kind == b.Kind:
                return;
            case (WitResult a, WitResult b):
                CompareOptional(path, a.Ok, b.Ok);
                CompareOptional(path, a.Error, b.Error);
                return;
            case (WitFuture a, WitFuture b):
                CompareOptional(path, a.Payload, b.Payload);
                return;
            case (WitStream a, WitStream b):
                CompareOptional(path, a.Payload, b.Payload);
                return;
            case (WitList a, WitList b) when a.Length == b.Length:
            case (WitOption, WitOption):
            case (WitMap, WitMap):
            case (WitTuple c, WitTuple d) when c.Items.Count == d.Items.Count:
                foreach ((WitType part, WitType other) in left.Parts.Zip(right.Parts, (part, other) => (part, other)))
                {
                    CompareTypes(path, part, other);
                }

                return;
            default:
                Add(path, $"the type is {left} on one side and {right} on the other");
                return;
        }
    }

    private static WitType Unalias(WitType type) =>
        type is WitNamed { Definition.Target: { Body: WitAlias alias } } ? Unalias(alias.Type) : type;

    private void CompareDefinitions(string path, WitTypeDefinition left, WitTypeDefinition right)
    {
        left = left.Target;
        right = right.Target;
        if (!_bodies.Add((left, right)))
        {
            return;
        }

        switch (left.Body, right.Body)
        {
            case (WitResource, WitResource):
                if (left.Name != right.Name || left.Owner.Name != right.Owner.Name)
                {
                    Add(path, $"it is the resource `{left.Name}` on one side and `{right.Name}` on the other");
                }

                return;
            case (WitRecord a, WitRecord b):
                CompareMembers(path, "field", [.. a.Fields.Select(item => (item.Name, (WitType?)item.Type))], [.. b.Fields.Select(item => (item.Name, (WitType?)item.Type))]);
                return;
            case (WitVariant a, WitVariant b):
                CompareMembers(path, "case", Members(a.Cases), Members(b.Cases));
                return;
            case (WitEnum a, WitEnum b):
                CompareMembers(path, "case", Members(a.Cases), Members(b.Cases));
                return;
            case (WitFlags a, WitFlags b):
                CompareMembers(path, "flag", Members(a.Flags), Members(b.Flags));
                return;
            case (WitAlias a, WitAlias b):
                CompareTypes(path, a.Type, b.Type);
                return;
            default:
                Add(path, $"it is {Kind(left.Body)} on one side and {Kind(right.Body)} on the other");
                return;
        }
    }

    private static List<(string Name, WitType? Type)> Members(IReadOnlyList<WitCase> cases) => [.. cases.Select(item => (item.Name, item.Type))];

    private void CompareMembers(string path, string noun, List<(string Name, WitType? Type)> left, List<(string Name, WitType? Type)> right)
    {
        for (int i = 0; i < Math.Min(left.Count, right.Count); i++)
        {
            if (left[i].Name != right[i].Name)
            {
                Add(path, $"{noun} {i + 1} is `{left[i].Name}` on one side and `{right[i].Name}` on the other");
                return;
            }

            CompareOptional($"{path}, {noun} {left[i].Name}", left[i].Type, right[i].Type);
        }

        if (left.Count != right.Count)
        {
            Add(path, $"it has {left.Count} {noun}s on one side and {right.Count} on the other");
        }
    }

    private static string Kind(WitTypeBody body) => body switch
    {
        WitRecord => "a record",
        WitVariant => "a variant",
        WitEnum => "an enum",
        WitFlags => "flags",
        WitResource => "a resource",
        WitAlias alias => alias.Type.ToString(),
        _ => "another name",
    };

    private void Add(string path, string message) => _differences.Add(new WorldDifference(path, message));
}
