using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Wasm;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Components.Validation;

/// <summary>The core function type of a function that is lifted or lowered, and what it needs ("Canonical ABI", <c>flatten_functype</c>).</summary>
/// <param name="Core">The core function type.</param>
/// <param name="NeedsMemory">Whether values pass through memory.</param>
/// <param name="NeedsRealloc">Whether memory is allocated for values that come in.</param>
internal readonly record struct CanonSignature(FunctionType Core, bool NeedsMemory, bool NeedsRealloc)
{
    public static CanonSignature OfLift(ComponentFunctionType function, CanonOptions options)
    {
        List<ValueType>? parameters = Flattening.Flatten(function.Parameters.Select(p => p.Type), Flattening.MaxParameters, options.Is64);
        bool incoming = function.HasParametersInMemory || parameters is null;
        parameters ??= [Pointer(options)];
        if (options.IsAsync)
        {
            // The result is given to task.return.
            bool outgoing = function.Result is { } type
                && (type.Has(TypeTraits.Pointer) || Flattening.Flatten(type, options.Is64).Length > Flattening.MaxParameters);
            return new CanonSignature(new FunctionType([.. parameters], options.Callback >= 0 ? [ValueType.I32] : []), incoming || outgoing, incoming);
        }

        List<ValueType>? results = Results(function, options);
        bool throughMemory = results is null || function.Result is { } result && result.Has(TypeTraits.Pointer);
        return new CanonSignature(new FunctionType([.. parameters], [.. results ?? [Pointer(options)]]), incoming || throughMemory, incoming);
    }

    public static CanonSignature OfLower(ComponentFunctionType function, CanonOptions options)
    {
        bool needsMemory = function.HasParametersInMemory;
        bool needsRealloc = function.Result is { } type && type.Has(TypeTraits.Pointer);
        int limit = options.IsAsync ? Flattening.MaxAsyncParameters : Flattening.MaxParameters;
        List<ValueType>? parameters = Flattening.Flatten(function.Parameters.Select(p => p.Type), limit, options.Is64);
        needsMemory |= needsRealloc || parameters is null;
        parameters ??= [Pointer(options)];
        List<ValueType>? results = options.IsAsync && function.Result is not null ? null : Results(function, options);
        if (results is null)
        {
            parameters.Add(Pointer(options));
            needsMemory = true;
        }

        if (options.IsAsync)
        {
            results = [ValueType.I32];
        }

        return new CanonSignature(new FunctionType([.. parameters], [.. results ?? []]), needsMemory, needsRealloc);
    }

    public static ValueType Pointer(CanonOptions options) => options.Is64 ? ValueType.I64 : ValueType.I32;

    private static List<ValueType>? Results(ComponentFunctionType function, CanonOptions options) =>
        function.Result is null ? [] : Flattening.Flatten([function.Result], Flattening.MaxResults, options.Is64);
}
