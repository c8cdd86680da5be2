using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Wasm;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Components.Validation;

/// <content>Built-in functions: resources, and what asynchronous work and threads need ("Canonical ABI", "Canonical Definitions").</content>
internal sealed partial class ComponentValidator
{
    private static readonly FunctionType ToNothing = new([], []);
    private static readonly FunctionType ToI32 = new([], [ValueType.I32]);
    private static readonly FunctionType I32ToNothing = new([ValueType.I32], []);
    private static readonly FunctionType I32ToI32 = new([ValueType.I32], [ValueType.I32]);

    private FunctionType DefineBuiltin(Scope scope, CanonEntry entry)
    {
        RequireFor(entry);
        switch (entry.Kind)
        {
            case CanonKind.ResourceNew or CanonKind.ResourceRep:
                ResourceType local = FindResource(scope, entry.Index, entry.Offset);
                entry.Type = scope.LocalResources.Contains(local.Identity) ? local : throw Invalid($"type index {entry.Index} is not a local resource", entry.Offset);
                ValueType representation = local.Identity.Representation!.Value;
                return entry.Kind == CanonKind.ResourceNew ? new FunctionType([representation], [ValueType.I32]) : new FunctionType([ValueType.I32], [representation]);
            case CanonKind.ResourceDrop:
                entry.Type = FindResource(scope, entry.Index, entry.Offset);
                return I32ToNothing;
            case CanonKind.TaskReturn:
                return DefineTaskReturn(scope, entry);
            case CanonKind.ContextGet or CanonKind.ContextSet:
                return DefineContext(scope, entry);
            case >= CanonKind.StreamNew and <= CanonKind.FutureDropWritable:
                return DefineChannelFunction(scope, entry);
            case CanonKind.ErrorContextNew or CanonKind.ErrorContextDebugMessage:
                return DefineErrorContext(scope, entry);
            case CanonKind.WaitableSetWait or CanonKind.WaitableSetPoll:
                bool is64 = CheckMemory(scope, entry.Second, entry.Offset);
                entry.Resolved = new CanonOptions { Memory = entry.Second, Is64 = is64 };
                return new FunctionType([ValueType.I32, is64 ? ValueType.I64 : ValueType.I32], [ValueType.I32]);
            case CanonKind.ThreadNewIndirect:
                return DefineThread(scope, entry);
            case CanonKind.TaskCancel or CanonKind.BackpressureInc or CanonKind.BackpressureDec:
                return ToNothing;
            case CanonKind.WaitableJoin:
                return new FunctionType([ValueType.I32, ValueType.I32], []);
            case CanonKind.ThreadYield or CanonKind.WaitableSetNew or CanonKind.ThreadIndex or CanonKind.ThreadSuspend:
                return ToI32;
            case CanonKind.SubtaskDrop or CanonKind.ErrorContextDrop or CanonKind.WaitableSetDrop or CanonKind.ThreadResumeLater:
                return I32ToNothing;
            default:
                // subtask.cancel, and the functions that hand over to another thread.
                return I32ToI32;
        }
    }

    /// <summary>Refuses what is not enabled.</summary>
    private void RequireFor(CanonEntry entry)
    {
        string what = $"`{entry.Kind}` functions";
        ComponentFeatures needed = entry.Kind switch
        {
            <= CanonKind.ResourceRep => ComponentFeatures.None,
            >= CanonKind.ThreadSpawnRef => throw Invalid($"{what} are not supported yet", entry.Offset),
            >= CanonKind.ThreadIndex => ComponentFeatures.Threading,
            CanonKind.ErrorContextNew or CanonKind.ErrorContextDebugMessage or CanonKind.ErrorContextDrop => ComponentFeatures.ErrorContext,
            _ => ComponentFeatures.Async,
        };
        Require(needed, what, entry.Offset);
        bool isRare = entry.Kind switch
        {
            CanonKind.SubtaskCancel or CanonKind.StreamCancelRead or CanonKind.StreamCancelWrite or CanonKind.FutureCancelRead or CanonKind.FutureCancelWrite => entry.Flag,
            CanonKind.StreamRead or CanonKind.StreamWrite or CanonKind.FutureRead or CanonKind.FutureWrite => !entry.Options.Any(o => o.Kind == CanonOptionKind.Async),
            _ => false,
        };
        if (isRare)
        {
            Require(ComponentFeatures.MoreAsyncBuiltins, $"{what} of this form", entry.Offset);
        }
    }

    private FunctionType DefineTaskReturn(Scope scope, CanonEntry entry)
    {
        ComponentValueType? result = Resolve(scope, entry.Result, entry.Offset);
        if (result is not null && result.Has(TypeTraits.Borrow))
        {
            throw Invalid("the result of `task.return` cannot contain a `borrow` type", entry.Offset);
        }

        CanonOptions resolved = ResolveOptions(scope, entry, Encodings | MemoryOption, "`task.return`");
        List<ValueType>? parameters = result is null ? [] : Flattening.Flatten([result], Flattening.MaxParameters, resolved.Is64);
        CheckNeeds(resolved, parameters is null || (result is not null && result.Has(TypeTraits.Pointer)), false, entry.Offset);
        entry.Resolved = resolved;
        entry.ResultType = result;
        return new FunctionType([.. parameters ?? [CanonSignature.Pointer(resolved)]], []);
    }

    private FunctionType DefineContext(Scope scope, CanonEntry entry)
    {
        if (entry.SlotType == ValueType.I64)
        {
            Require(ComponentFeatures.Memory64, "contexts of `i64`", entry.Offset);
        }
        else if (entry.SlotType != ValueType.I32)
        {
            throw Invalid("context slots can only have the types `i32` and `i64`", entry.Offset);
        }

        int slots = Has(ComponentFeatures.Threading) ? 2 : 1;
        if (entry.Index >= slots)
        {
            throw Invalid($"slot {entry.Index} of the context does not exist: there are {slots}", entry.Offset);
        }

        // One type for all of a component's slots.
        if (Array.Exists(scope.ContextSlots, slot => slot is { } type && type != entry.SlotType))
        {
            throw Invalid("type must match previous context type", entry.Offset);
        }

        scope.ContextSlots[entry.Index] = entry.SlotType;
        return entry.Kind == CanonKind.ContextGet ? new FunctionType([], [entry.SlotType]) : new FunctionType([entry.SlotType], []);
    }

    private FunctionType DefineChannelFunction(Scope scope, CanonEntry entry)
    {
        bool isStream = entry.Kind <= CanonKind.StreamDropWritable;
        DefinableType type = At(scope.Types, entry.Index, "type", entry.Offset);
        if (isStream ? type is not StreamType : type is not FutureType)
        {
            throw Invalid($"`{entry.Kind}` requires a {(isStream ? "stream" : "future")} type", entry.Offset);
        }

        entry.Type = type;
        switch (entry.Kind)
        {
            case CanonKind.StreamNew or CanonKind.FutureNew:
                return new FunctionType([], [ValueType.I64]);
            case CanonKind.StreamRead or CanonKind.StreamWrite or CanonKind.FutureRead or CanonKind.FutureWrite:
                ComponentValueType? element = type is StreamType stream ? stream.Element : ((FutureType)type).Element;
                bool isRead = entry.Kind is CanonKind.StreamRead or CanonKind.FutureRead;
                CanonOptions resolved = ResolveOptions(scope, entry, Encodings | MemoryOption | ReallocOption | AsyncOption, $"`{entry.Kind}`");
                CheckNeeds(resolved, element is not null, isRead && element is not null && element.Has(TypeTraits.Pointer), entry.Offset);
                entry.Resolved = resolved;
                ValueType pointer = CanonSignature.Pointer(resolved);
                return isStream ? new FunctionType([ValueType.I32, pointer, pointer], [ValueType.I32]) : new FunctionType([ValueType.I32, pointer], [ValueType.I32]);
            case CanonKind.StreamCancelRead or CanonKind.StreamCancelWrite or CanonKind.FutureCancelRead or CanonKind.FutureCancelWrite:
                return I32ToI32;
            default:
                return I32ToNothing;
        }
    }

    private FunctionType DefineErrorContext(Scope scope, CanonEntry entry)
    {
        bool isNew = entry.Kind == CanonKind.ErrorContextNew;
        int allowed = Encodings | MemoryOption | (isNew ? 0 : ReallocOption);
        CanonOptions resolved = ResolveOptions(scope, entry, allowed, $"`{entry.Kind}`");
        CheckNeeds(resolved, memory: true, realloc: !isNew, entry.Offset);
        entry.Resolved = resolved;
        ValueType pointer = CanonSignature.Pointer(resolved);
        return isNew ? new FunctionType([pointer, pointer], [ValueType.I32]) : new FunctionType([ValueType.I32, pointer], []);
    }

    private static FunctionType DefineThread(Scope scope, CanonEntry entry)
    {
        if (At(scope.CoreTypes, entry.Index, "core type", entry.Offset) is not DefinedType { Function: { } start }
            || !(start.Equals(I32ToNothing) || start.Equals(new FunctionType([ValueType.I64], []))))
        {
            throw Invalid("start function must take a single `i32` or `i64` argument and have no result", entry.Offset);
        }

        TableType table = At(scope.CoreTables, entry.Second, "table", entry.Offset);
        if (table.Element != ValueType.FuncRef)
        {
            throw Invalid("the table of `thread.new-indirect` must have elements of type `funcref`", entry.Offset);
        }

        ValueType index = table.IndexType;
        return new FunctionType([index, start.Parameters[0]], [ValueType.I32]);
    }
}
