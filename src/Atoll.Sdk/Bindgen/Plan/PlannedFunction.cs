using System.Collections.Immutable;
using Atoll.Components.Abi;
using Atoll.Components.Validation;
using Atoll.Components.Writing;
using Atoll.Wit;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Sdk.Bindgen.Plan;

/// <summary>A parameter.</summary>
/// <param name="Name">The name, in kebab case.</param>
/// <param name="Type">Type of the value.</param>
/// <param name="Offset">Where it lies when parameters spill to memory (<see cref="PlannedFunction.ParametersSpill"/>).</param>
internal sealed record PlannedParameter(string Name, PlannedType Type, uint Offset);

/// <summary>A function, and the core function that it is ("Canonical ABI", <c>flatten_functype</c>).</summary>
internal sealed class PlannedFunction
{
    public PlannedFunction(WitFunction source, PlannedScope scope, PlannedResource? resource, IReadOnlyList<(string Name, PlannedType Type)> parameters, PlannedType? result)
    {
        (Source, Scope, Resource, Result) = (source, scope, resource, result);
        List<PlannedParameter> planned = [];
        uint end = 0;
        uint widest = 1;
        foreach ((string name, PlannedType type) in parameters)
        {
            uint offset = Layout.AlignTo(end, type.Alignment);
            planned.Add(new PlannedParameter(name, type, offset));
            end = checked(offset + type.Size);
            widest = Math.Max(widest, type.Alignment);
        }

        Parameters = planned;
        (SpillSize, SpillAlignment) = (Layout.AlignTo(end, widest), widest);
        List<ValueType>? flat = Flattening.Flatten(parameters.Select(parameter => parameter.Type.Abi), Flattening.MaxParameters, is64: false);
        ParametersSpill = flat is null;
        ResultSpills = result is not null && result.Flat.Length > Flattening.MaxResults;
        bool hasReturnPointer = ResultSpills && scope.Side == Side.Import;
        CoreParameters = [.. flat ?? [ValueType.I32], .. hasReturnPointer ? [ValueType.I32] : Array.Empty<ValueType>()];
        CoreResult = result is null || hasReturnPointer ? null : ResultSpills ? ValueType.I32 : result.Flat[0];
    }

    public WitFunction Source { get; }

    public PlannedScope Scope { get; }

    /// <summary>The resource that it belongs to, if it does.</summary>
    public PlannedResource? Resource { get; }

    /// <summary>The parameters; of a method, <c>self</c> is the first.</summary>
    public IReadOnlyList<PlannedParameter> Parameters { get; }

    public PlannedType? Result { get; }

    /// <summary>Whether the core function takes one pointer to all parameters, because they would be more than 16 core values.</summary>
    public bool ParametersSpill { get; }

    /// <summary>Size of the parameters in memory.</summary>
    public uint SpillSize { get; }

    /// <summary>Alignment of the parameters in memory.</summary>
    public uint SpillAlignment { get; }

    /// <summary>
    /// Whether the result is in memory, because it would be more than one core value: an import takes a pointer to where it goes as its last parameter, an export
    /// returns a pointer to where it is.
    /// </summary>
    public bool ResultSpills { get; }

    public ImmutableArray<ValueType> CoreParameters { get; }

    /// <summary>The core result, if there is one.</summary>
    public ValueType? CoreResult { get; }

    /// <summary>Name of the import, in <see cref="PlannedScope.ImportModule"/>.</summary>
    public string ImportName => Source.ExternName;

    /// <summary>Name of the export.</summary>
    public string ExportName => CoreNames.Function(Scope.ExternName, Source.ExternName)[0];

    /// <summary>Name of the export that is called with the core result when it has been read.</summary>
    public string PostReturnName => CoreNames.PostReturn(Scope.ExternName, Source.ExternName)[0];

    /// <summary>Whether there is something to free after the result has been read.</summary>
    public bool NeedsPostReturn => Scope.Side == Side.Export && Result is { HoldsMemory: true };
}
