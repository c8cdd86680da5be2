using System.Collections.Immutable;
using Atoll.Components.Types;
using Atoll.Wasm;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Validation;

namespace Atoll.Components.Binary;

/// <content>Core types and the canonical functions.</content>
internal sealed partial class ComponentDecoder
{
    private const byte ModuleForm = 0x50;
    private const byte SharedForm = 0x65;

    private CoreTypeEntry ReadCoreType(ref WasmReader reader, CoreTypeScope scope)
    {
        int start = reader.Position;
        switch (reader.PeekByte())
        {
            case ModuleForm:
                reader.Position++;
                CoreModuleType module = ReadModuleType(ref reader, scope);
                scope.Add(module);
                return new CoreTypeEntry { Offset = start, Module = module };
            case 0:
                // A type that others may extend has the byte of module types; here a zero stands before it.
                reader.Position++;
                if (reader.PeekByte() != ModuleForm)
                {
                    throw Leading(reader.PeekByte(), "non-final sub type", start);
                }

                break;
        }

        return new CoreTypeEntry { Offset = start, Group = ReadGroup(ref reader, scope) };
    }

    /// <summary>Reads a recursion group into the scope whose types the reader has.</summary>
    private ImmutableArray<DefinedType> ReadGroup(ref WasmReader reader, CoreTypeScope scope)
    {
        int start = reader.Position;
        int first = scope.Types.Count;
        if (reader.PeekByte() == SharedForm)
        {
            throw new InvalidComponentException("shared core types are not supported yet", start);
        }

        TypeSectionReader.ReadGroup(ref reader, _limits.Modules);
        for (int i = first; i < scope.Types.Count; i++)
        {
            DefinedType type = scope.Types[i];
            if (RefersToModule(type))
            {
                throw new InvalidComponentException($"core type {i} refers to a type of modules", start);
            }

            ModuleValidator.CheckSubtype(type, i);
        }

        return [.. scope.Types[first..]];
    }

    /// <summary>Within a type of modules, the byte 0x50 starts a type that others may extend; what does not go on like one is a type of modules, which is invalid.</summary>
    private void ReadInnerGroup(ref WasmReader reader, CoreTypeScope scope)
    {
        int start = reader.Position;
        bool isSub = reader.PeekByte() == ModuleForm;
        try
        {
            ReadGroup(ref reader, scope);
        }
        catch (MalformedModuleException e) when (isSub)
        {
            throw new InvalidComponentException($"invalid leading byte: a type of modules cannot contain another ({Reason(e)})", start, e);
        }
    }

    private static bool RefersToModule(DefinedType type)
    {
        bool Is(Wasm.ValueType part) => part.IsDefined && part.DefinedId == CoreTypeScope.NoType.Id;
        return ReferenceEquals(type.Super, CoreTypeScope.NoType)
            || type.Fields.Any(f => Is(f.Storage))
            || (type.Function is { } function && (function.Parameters.Any(Is) || function.Results.Any(Is)));
    }

    private CoreModuleType ReadModuleType(ref WasmReader reader, CoreTypeScope parent)
    {
        CoreTypeScope scope = new(parent);
        var inner = new WasmReader(_bytes, reader.Position, reader.End, reader.Features, scope.Types);
        ImmutableArray<ImportDefinition>.Builder imports = ImmutableArray.CreateBuilder<ImportDefinition>();
        ImmutableArray<CoreItem>.Builder exports = ImmutableArray.CreateBuilder<CoreItem>();
        HashSet<(string Module, string Name)> importNames = [];
        HashSet<string> exportNames = new(StringComparer.Ordinal);
        for (uint count = inner.ReadCount(); count > 0; count--)
        {
            int start = inner.Position;
            byte form = inner.ReadByte();
            switch (form)
            {
                case 0:
                    string first = ReadName(ref inner);
                    string second = ReadName(ref inner);
                    (ExternKind kind, object type) = ReadCoreExtern(ref inner);
                    if (!importNames.Add((first, second)))
                    {
                        throw new InvalidComponentException($"duplicate import name `{first}:{second}`", start);
                    }

                    imports.Add(new ImportDefinition(first, second, kind, type));
                    break;
                case 1:
                    ReadInnerGroup(ref inner, scope);
                    break;
                case 2:
                    ReadModuleAlias(ref inner, scope);
                    break;
                case 3:
                    string name = ReadName(ref inner);
                    (kind, type) = ReadCoreExtern(ref inner);
                    if (!exportNames.Add(name))
                    {
                        throw new InvalidComponentException($"duplicate export name `{name}` already defined", start);
                    }

                    exports.Add(new CoreItem(name, kind, type));
                    break;
                default:
                    throw Leading(form, "type definition", start);
            }
        }

        reader.Position = inner.Position;
        return new CoreModuleType(imports.DrainToImmutable(), exports.DrainToImmutable());
    }

    private static void ReadModuleAlias(ref WasmReader reader, CoreTypeScope scope)
    {
        int start = reader.Position;
        Expect(ref reader, 0x10, "outer alias kind");
        Expect(ref reader, 0x01, "outer alias target");
        int count = ReadIndex(ref reader);
        int index = ReadIndex(ref reader);
        if (count > 1)
        {
            throw new InvalidComponentException($"only the local or enclosing scope can be aliased: invalid outer alias count of {count}", start);
        }

        if (AddOuterCoreType(scope, count, index, start) is CoreModuleType)
        {
            throw new InvalidComponentException($"core type {index} is a type of modules, which a type of modules cannot use", start);
        }
    }

    private (ExternKind Kind, object Type) ReadCoreExtern(ref WasmReader reader)
    {
        int start = reader.Position;
        byte kind = reader.ReadByte();
        switch (kind)
        {
            case 0:
                return (ExternKind.Function, ReadFunction(ref reader));
            case 1:
                TableType table = reader.ReadTableType();
                ModuleValidator.CheckTable(table, "table");
                return (ExternKind.Table, table);
            case 2:
                MemoryType memory = reader.ReadMemoryType();
                ModuleValidator.CheckMemory(memory, "memory");
                return (ExternKind.Memory, memory);
            case 3:
                return (ExternKind.Global, reader.ReadGlobalType());
            case 4 when reader.Has(WasmFeatures.Exceptions):
                Expect(ref reader, 0, "tag attribute");
                DefinedType type = ReadFunction(ref reader);
                return type.Function!.Results.Length == 0
                    ? (ExternKind.Tag, new TagType(type.Function) { Defined = type })
                    : throw new InvalidComponentException("invalid exception type: non-empty tag result type", start);
            case 4:
                throw new InvalidComponentException("tags need exception handling, which is not enabled", start);
            default:
                throw Leading(kind, "external kind", start);
        }
    }

    private static DefinedType ReadFunction(ref WasmReader reader)
    {
        int start = reader.Position;
        DefinedType type = reader.ReadTypeIndex();
        return type.Kind == CompositeKind.Function ? type : throw new InvalidComponentException("type index does not denote a function type", start);
    }

    private CanonEntry ReadCanon(ref WasmReader reader)
    {
        int start = reader.Position;
        byte form = reader.ReadByte();
        CanonKind kind = (CanonKind)form;
        switch (kind)
        {
            case CanonKind.Lift:
                Expect(ref reader, 0, "canonical function lift");
                int function = ReadIndex(ref reader);
                CanonOption[] options = ReadOptions(ref reader);
                return new CanonEntry { Offset = start, Kind = kind, Index = function, Options = options, Second = ReadIndex(ref reader) };
            case CanonKind.Lower:
                Expect(ref reader, 0, "canonical function lower");
                int lowered = ReadIndex(ref reader);
                return new CanonEntry { Offset = start, Kind = kind, Index = lowered, Options = ReadOptions(ref reader) };
            case CanonKind.TaskReturn:
                ValueSyntax? result = ReadResult(ref reader);
                return new CanonEntry { Offset = start, Kind = kind, Result = result, Options = ReadOptions(ref reader) };
            case CanonKind.ContextGet or CanonKind.ContextSet:
                Wasm.ValueType slot = reader.ReadValueType();
                return new CanonEntry { Offset = start, Kind = kind, SlotType = slot, Index = ReadIndex(ref reader) };
            case CanonKind.StreamRead or CanonKind.StreamWrite or CanonKind.FutureRead or CanonKind.FutureWrite:
                int payload = ReadIndex(ref reader);
                return new CanonEntry { Offset = start, Kind = kind, Index = payload, Options = ReadOptions(ref reader) };
            case CanonKind.StreamCancelRead or CanonKind.StreamCancelWrite or CanonKind.FutureCancelRead or CanonKind.FutureCancelWrite:
                int cancelled = ReadIndex(ref reader);
                return new CanonEntry { Offset = start, Kind = kind, Index = cancelled, Flag = ReadBoolean(ref reader) };
            case CanonKind.ErrorContextNew or CanonKind.ErrorContextDebugMessage:
                return new CanonEntry { Offset = start, Kind = kind, Options = ReadOptions(ref reader) };
            case CanonKind.WaitableSetWait or CanonKind.WaitableSetPoll:
                bool cancellable = ReadBoolean(ref reader);
                return new CanonEntry { Offset = start, Kind = kind, Flag = cancellable, Second = ReadIndex(ref reader) };
            case CanonKind.ThreadNewIndirect:
                int startType = ReadIndex(ref reader);
                return new CanonEntry { Offset = start, Kind = kind, Index = startType, Second = ReadIndex(ref reader) };
            default:
                return ReadBuiltin(ref reader, form, start);
        }
    }

    private static CanonEntry ReadBuiltin(ref WasmReader reader, byte form, int start)
    {
        CanonKind kind = (CanonKind)form;
        switch (kind)
        {
            case CanonKind.ResourceNew or CanonKind.ResourceDrop or CanonKind.ResourceRep:
            case CanonKind.StreamNew or CanonKind.StreamDropReadable or CanonKind.StreamDropWritable:
            case CanonKind.FutureNew or CanonKind.FutureDropReadable or CanonKind.FutureDropWritable:
                return new CanonEntry { Offset = start, Kind = kind, Index = ReadIndex(ref reader) };
            case CanonKind.SubtaskCancel or CanonKind.ThreadYield or (>= CanonKind.ThreadSuspend and <= CanonKind.ThreadYieldThenPromote):
            case CanonKind.ThreadAvailableParallelism:
                return new CanonEntry { Offset = start, Kind = kind, Flag = ReadBoolean(ref reader) };
            case CanonKind.ThreadSpawnRef:
                bool isShared = ReadBoolean(ref reader);
                return new CanonEntry { Offset = start, Kind = kind, Flag = isShared, Index = ReadIndex(ref reader) };
            case CanonKind.ThreadSpawnIndirect:
                isShared = ReadBoolean(ref reader);
                int type = ReadIndex(ref reader);
                return new CanonEntry { Offset = start, Kind = kind, Flag = isShared, Index = type, Second = ReadIndex(ref reader) };
            case CanonKind.TaskCancel or CanonKind.SubtaskDrop or CanonKind.ErrorContextDrop or CanonKind.WaitableSetNew or CanonKind.WaitableSetDrop:
            case CanonKind.WaitableJoin or CanonKind.BackpressureInc or CanonKind.BackpressureDec or CanonKind.ThreadIndex or CanonKind.ThreadResumeLater:
                return new CanonEntry { Offset = start, Kind = kind };
            default:
                throw Leading(form, "canonical function", start);
        }
    }

    private static ValueSyntax? ReadResult(ref WasmReader reader)
    {
        int start = reader.Position;
        byte form = reader.ReadByte();
        switch (form)
        {
            case 0:
                return ReadValueSyntax(ref reader);
            case 1:
                Expect(ref reader, 0, "number of results");
                return null;
            default:
                throw Leading(form, "component function results", start);
        }
    }

    private static bool ReadBoolean(ref WasmReader reader)
    {
        int start = reader.Position;
        byte value = reader.ReadByte();
        return value <= 1 ? value == 1 : throw new MalformedComponentException($"invalid boolean value 0x{value:x}", start);
    }

    private static CanonOption[] ReadOptions(ref WasmReader reader)
    {
        int start = reader.Position;
        uint count = reader.ReadCount();
        if (count > 10)
        {
            throw new MalformedComponentException($"too many canonical options: {count}, the limit is 10", start);
        }

        var options = new CanonOption[count];
        for (int i = 0; i < options.Length; i++)
        {
            int offset = reader.Position;
            byte kind = reader.ReadByte();
            options[i] = (CanonOptionKind)kind switch
            {
                CanonOptionKind.Memory or CanonOptionKind.Realloc or CanonOptionKind.PostReturn or CanonOptionKind.Callback or CanonOptionKind.CoreType
                    => new CanonOption((CanonOptionKind)kind, ReadIndex(ref reader)),
                <= CanonOptionKind.GarbageCollection => new CanonOption((CanonOptionKind)kind, 0),
                _ => throw Leading(kind, "canonical option", offset),
            };
        }

        return options;
    }
}
