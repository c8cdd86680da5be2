namespace Atoll.Wit;

/// <summary>How a function belongs to a resource.</summary>
public enum WitFunctionKind
{
    /// <summary>Not at all.</summary>
    Freestanding,

    /// <summary>A method: its first parameter, <c>self</c>, is a borrowed handle.</summary>
    Method,

    /// <summary>A static function.</summary>
    Static,

    /// <summary>The constructor: it returns an owning handle, or a result with one.</summary>
    Constructor,
}

/// <summary>A function of an interface, a world or a resource (WIT.md, "WIT Functions").</summary>
public sealed class WitFunction
{
    internal WitFunction(
        string name, WitFunctionKind kind, WitTypeDefinition? resource, IReadOnlyList<WitParameter> parameters, WitType? result, bool isAsync,
        WitAnnotations annotations)
    {
        Name = name;
        Kind = kind;
        Resource = resource;
        Parameters = parameters;
        Result = result;
        IsAsync = isAsync;
        Annotations = annotations;
    }

    /// <summary>The name in its scope, in kebab case; of a constructor, the name of the resource.</summary>
    public string Name { get; }

    /// <summary>How it belongs to <see cref="Resource"/>.</summary>
    public WitFunctionKind Kind { get; }

    /// <summary>The resource that it belongs to, if it does.</summary>
    public WitTypeDefinition? Resource { get; }

    /// <summary>The parameters; of a method, <c>self</c> is the first.</summary>
    public IReadOnlyList<WitParameter> Parameters { get; }

    /// <summary>Type of the result, or null.</summary>
    public WitType? Result { get; }

    /// <summary>Whether it may wait, so that callers call it without blocking.</summary>
    public bool IsAsync { get; }

    /// <summary>Documentation and gates.</summary>
    public WitAnnotations Annotations { get; }

    /// <summary>Where the text names it; unknown for a function that comes out of a component.</summary>
    internal (Syntax.WitSource Source, Syntax.WitSpan Span)? Place { get; init; }

    /// <summary>The name as components import and export it: <c>name</c>, <c>[method]r.name</c>, <c>[static]r.name</c>, <c>[constructor]r</c>.</summary>
    public string ExternName => Kind switch
    {
        WitFunctionKind.Method => $"[method]{Resource!.Name}.{Name}",
        WitFunctionKind.Static => $"[static]{Resource!.Name}.{Name}",
        WitFunctionKind.Constructor => $"[constructor]{Resource!.Name}",
        _ => Name,
    };

    /// <summary>The function's name, parameters and result as WIT writes them.</summary>
    public override string ToString() => Printing.WitPrinter.Print(this);
}

/// <summary>A parameter of a function.</summary>
public sealed class WitParameter
{
    internal WitParameter(string name, WitType type)
    {
        Name = name;
        Type = type;
    }

    /// <summary>The name, in kebab case.</summary>
    public string Name { get; }

    /// <summary>Type of the value.</summary>
    public WitType Type { get; }
}
