using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Wasm;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Components.Validation;

/// <content>Canonical functions and their options ("Canonical ABI", "Canonical Definitions").</content>
internal sealed partial class ComponentValidator
{
    private const int Encodings = 1 << (int)CanonOptionKind.Utf8 | 1 << (int)CanonOptionKind.Utf16 | 1 << (int)CanonOptionKind.Latin1OrUtf16;
    private const int MemoryOption = 1 << (int)CanonOptionKind.Memory;
    private const int ReallocOption = 1 << (int)CanonOptionKind.Realloc;
    private const int PostReturnOption = 1 << (int)CanonOptionKind.PostReturn;
    private const int AsyncOption = 1 << (int)CanonOptionKind.Async;
    private const int CallbackOption = 1 << (int)CanonOptionKind.Callback;
    private static readonly FunctionType CallbackType = new([ValueType.I32, ValueType.I32, ValueType.I32], [ValueType.I32]);

    private void AddCanon(Scope scope, CanonEntry entry)
    {
        if (entry.Kind == CanonKind.Lift)
        {
            Lift(scope, entry);
            CheckCount(scope.Functions.Count - 1, _limits.MaxDefinitions, "functions", entry.Offset);
            return;
        }

        entry.Core = entry.Kind == CanonKind.Lower ? Lower(scope, entry) : DefineBuiltin(scope, entry);
        scope.Add(DefinedType.Of(entry.Core));
        CheckCount(scope.CoreFunctions.Count - 1, _limits.MaxDefinitions, "core functions", entry.Offset);
    }

    private void Lift(Scope scope, CanonEntry entry)
    {
        FunctionType core = At(scope.CoreFunctions, entry.Index, "core function", entry.Offset);
        ComponentFunctionType function = At(scope.Types, entry.Second, "type", entry.Offset) as ComponentFunctionType
            ?? throw Invalid($"type index {entry.Second} is not a function type", entry.Offset);
        CanonOptions resolved = ResolveOptions(
            scope, entry, Encodings | MemoryOption | ReallocOption | PostReturnOption | AsyncOption | CallbackOption, "liftings");
        CheckAsync(function, resolved, entry.Offset);
        if (resolved.IsAsync && resolved.Callback < 0)
        {
            Require(ComponentFeatures.AsyncStackful, "async functions without a callback", entry.Offset);
        }

        if (resolved.IsAsync && resolved.PostReturn >= 0)
        {
            throw Invalid("cannot specify post-return function in async", entry.Offset);
        }

        CanonSignature signature = CanonSignature.OfLift(function, resolved);
        CheckNeeds(resolved, signature.NeedsMemory, signature.NeedsRealloc, entry.Offset);
        if (!core.Parameters.AsSpan().SequenceEqual(signature.Core.Parameters.AsSpan()))
        {
            throw Invalid(
                $"lowered parameter types `{List(signature.Core.Parameters)}` do not match parameter types `{List(core.Parameters)}` of core function {entry.Index}",
                entry.Offset);
        }

        if (!core.Results.AsSpan().SequenceEqual(signature.Core.Results.AsSpan()))
        {
            throw Invalid(
                $"lowered result types `{List(signature.Core.Results)}` do not match result types `{List(core.Results)}` of core function {entry.Index}",
                entry.Offset);
        }

        if (resolved.PostReturn >= 0 && !scope.CoreFunctions[resolved.PostReturn].Equals(new FunctionType(core.Results, [])))
        {
            throw Invalid("canonical option `post-return` uses a core function with an incorrect signature", entry.Offset);
        }

        entry.Resolved = resolved;
        entry.Core = core;
        entry.Function = function;
        scope.Functions.Add(function);
    }

    private FunctionType Lower(Scope scope, CanonEntry entry)
    {
        ComponentFunctionType function = At(scope.Functions, entry.Index, "function", entry.Offset);
        CanonOptions resolved = ResolveOptions(scope, entry, Encodings | MemoryOption | ReallocOption | AsyncOption, "lowerings");
        CheckAsync(function, resolved, entry.Offset);
        CanonSignature signature = CanonSignature.OfLower(function, resolved);
        CheckNeeds(resolved, signature.NeedsMemory, signature.NeedsRealloc, entry.Offset);
        entry.Resolved = resolved;
        entry.Function = function;
        return signature.Core;
    }

    private static string List(IEnumerable<ValueType> types) => $"[{string.Join(", ", types)}]";

    private static void CheckAsync(ComponentFunctionType function, CanonOptions resolved, int offset)
    {
        if (resolved.IsAsync && !function.IsAsync)
        {
            throw Invalid("the `async` canonical option requires an async function type", offset);
        }
    }

    private static void CheckNeeds(CanonOptions resolved, bool memory, bool realloc, int offset)
    {
        if (memory && resolved.Memory < 0)
        {
            throw Invalid("canonical option `memory` is required", offset);
        }

        if (realloc && resolved.Realloc < 0)
        {
            throw Invalid("canonical option `realloc` is required", offset);
        }
    }

    private CanonOptions ResolveOptions(Scope scope, CanonEntry entry, int allowed, string where)
    {
        int offset = entry.Offset;
        CanonOptions result = new();
        int seen = 0;
        foreach (CanonOption option in entry.Options)
        {
            int bit = 1 << (int)option.Kind;
            if (option.Kind >= CanonOptionKind.CoreType)
            {
                throw Invalid("canonical options of the garbage collector's ABI are not supported yet", offset);
            }

            if ((allowed & bit) == 0)
            {
                throw Invalid($"canonical option `{Word(option.Kind)}` cannot be specified for {where}", offset);
            }

            if ((bit & Encodings) != 0 && (seen & Encodings) != 0)
            {
                throw Invalid($"canonical encoding option `{Word(result.Encoding)}` conflicts with option `{Word(option.Kind)}`", offset);
            }

            if ((seen & bit) != 0)
            {
                throw Invalid($"canonical option `{Word(option.Kind)}` is specified more than once", offset);
            }

            seen |= bit;
            result = Apply(scope, result, option, offset);
        }

        CheckOptions(scope, result, offset);
        return result;
    }

    private CanonOptions Apply(Scope scope, CanonOptions result, CanonOption option, int offset)
    {
        switch (option.Kind)
        {
            case CanonOptionKind.Memory:
                return result with { Memory = option.Index, Is64 = CheckMemory(scope, option.Index, offset) };
            case CanonOptionKind.Realloc:
                At(scope.CoreFunctions, option.Index, "core function", offset);
                return result with { Realloc = option.Index };
            case CanonOptionKind.PostReturn:
                At(scope.CoreFunctions, option.Index, "core function", offset);
                return result with { PostReturn = option.Index };
            case CanonOptionKind.Callback:
                At(scope.CoreFunctions, option.Index, "core function", offset);
                return result with { Callback = option.Index };
            case CanonOptionKind.Async:
                Require(ComponentFeatures.Async, "async functions", offset);
                return result with { IsAsync = true };
            default:
                return result with { Encoding = (StringEncoding)option.Kind };
        }
    }

    private static void CheckOptions(Scope scope, CanonOptions result, int offset)
    {
        if (result.Realloc >= 0)
        {
            if (result.Memory < 0)
            {
                throw Invalid("canonical option `realloc` requires `memory` to also be specified", offset);
            }

            ValueType pointer = CanonSignature.Pointer(result);
            if (!scope.CoreFunctions[result.Realloc].Equals(new FunctionType([pointer, pointer, pointer, pointer], [pointer])))
            {
                throw Invalid("canonical option `realloc` uses a core function with an incorrect signature", offset);
            }
        }

        if (result.Callback >= 0)
        {
            if (!result.IsAsync)
            {
                throw Invalid("cannot specify callback without async", offset);
            }

            if (!scope.CoreFunctions[result.Callback].Equals(CallbackType))
            {
                throw Invalid("canonical option `callback` uses a core function with an incorrect signature", offset);
            }
        }
    }

    /// <summary>A memory that values pass through; true when its addresses have 64 bits.</summary>
    private bool CheckMemory(Scope scope, int index, int offset)
    {
        MemoryType memory = At(scope.CoreMemories, index, "memory", offset);
        if (memory.IsShared)
        {
            throw Invalid("canonical option `memory`: mismatch in the shared flag for memories", offset);
        }

        if (memory.PageBytes != MemoryType.PageSize)
        {
            throw Invalid("canonical option `memory`: mismatch in the page size for memories", offset);
        }

        if (memory.IndexType == ValueType.I64)
        {
            Require(ComponentFeatures.Memory64, "64-bit memories", offset);
        }

        return memory.IndexType == ValueType.I64;
    }

    private static string Word(StringEncoding encoding) => Word((CanonOptionKind)encoding);

    private static string Word(CanonOptionKind kind) => kind switch
    {
        CanonOptionKind.Latin1OrUtf16 => "latin1-utf16",
        CanonOptionKind.PostReturn => "post-return",
        _ => kind.ToString().ToLowerInvariant(),
    };
}
