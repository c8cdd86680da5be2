using Atoll.Wasm;
using Atoll.Wasm.Binary;

namespace Atoll.Reference;

/// <content>Instantiation (specification, "Execution / Modules / Instantiation"), for a module that was validated.</content>
internal sealed partial class Interpreter
{
    /// <summary>Makes an instance and runs its start function.</summary>
    /// <param name="module">The module.</param>
    /// <param name="find">Gives what an import is satisfied with, or null.</param>
    /// <exception cref="ReferenceLinkException">An import is missing or of another type.</exception>
    /// <exception cref="ReferenceTrapException">A segment does not fit, or the start function trapped.</exception>
    public ModuleInstance Instantiate(ModuleDefinition module, Func<ImportDefinition, object?> find)
    {
        ModuleInstance instance = new(module);
        foreach (ImportDefinition import in module.Imports)
        {
            Bind(instance, import, find(import));
        }

        Allocate(instance);
        for (int i = module.ImportedGlobalCount; i < module.Globals.Length; i++)
        {
            // Only globals that come before can be used.
            instance.Globals.Add(new GlobalInstance(module.Globals[i].Type, Evaluate(instance, module.Globals[i].Initializer)));
        }

        for (int i = module.ImportedTableCount; i < module.Tables.Length; i++)
        {
            object? initial = module.Tables[i].Initializer is { } code ? Evaluate(instance, code).Reference : null;
            instance.Tables.Add(MakeTable(module.Tables[i].Type, initial));
        }

        foreach (ElementSegment segment in module.Elements)
        {
            instance.Elements.Add(segment.FunctionIndices is { } functions
                ? Array.ConvertAll(functions, index => (object?)instance.Functions[index])
                : Array.ConvertAll(segment.Expressions!, code => Evaluate(instance, code).Reference));
        }

        foreach (DataSegment segment in module.Data)
        {
            instance.Data.Add(module.Bytes[segment.Content.Start..segment.Content.End]);
        }

        Initialize(instance);
        if (module.Start >= 0)
        {
            Invoke(instance.Functions[module.Start]);
        }

        return instance;
    }

    /// <summary>Makes a table as its type says.</summary>
    public TableInstance MakeTable(TableType type, object? initial)
    {
        if (type.Minimum > MaxTableElements)
        {
            throw new ReferenceLimitException($"a table of {type.Minimum} elements is too large");
        }

        TableInstance table = new(type);
        table.Elements.AddRange(Enumerable.Repeat(initial, (int)type.Minimum));
        return table;
    }

    /// <summary>Makes a memory as its type says.</summary>
    public MemoryInstance MakeMemory(MemoryType type) => new(type, MaxMemoryBytes);

    private void Allocate(ModuleInstance instance)
    {
        ModuleDefinition module = instance.Definition;
        for (int i = 0; i < module.Bodies.Length; i++)
        {
            instance.Functions.Add(new FunctionInstance(module.Types[module.Functions[module.ImportedFunctionCount + i]]) { Module = instance, BodyIndex = i });
        }

        for (int i = module.ImportedMemoryCount; i < module.Memories.Length; i++)
        {
            instance.Memories.Add(MakeMemory(module.Memories[i]));
        }

        for (int i = module.ImportedTagCount; i < module.Tags.Length; i++)
        {
            instance.Tags.Add(new TagInstance(module.Tags[i].Type));
        }
    }

    /// <summary>Executes the active segments, tables first, as the instructions would that they stand for, and drops them and the declarative ones.</summary>
    private void Initialize(ModuleInstance instance)
    {
        ModuleDefinition module = instance.Definition;
        for (int i = 0; i < module.Elements.Length; i++)
        {
            ElementSegment segment = module.Elements[i];
            if (segment.Mode == SegmentMode.Active)
            {
                PushOperands(Evaluate(instance, segment.Offset), instance.Elements[i].Length);
                TableInit(instance.Elements[i], instance.Tables[segment.Table]);
            }

            if (segment.Mode != SegmentMode.Passive)
            {
                instance.Elements[i] = [];
            }
        }

        for (int i = 0; i < module.Data.Length; i++)
        {
            DataSegment segment = module.Data[i];
            if (segment.Mode == SegmentMode.Active)
            {
                PushOperands(Evaluate(instance, segment.Offset), instance.Data[i].Length);
                MemoryInit(instance.Data[i], instance.Memories[segment.Memory]);
                instance.Data[i] = [];
            }
        }

        void PushOperands(Slot offset, int count)
        {
            _stack.Push(offset);
            _stack.PushI32(0u);
            _stack.PushI32((uint)count);
        }
    }

    /// <summary>Evaluates a constant expression, in a frame without locals.</summary>
    private Slot Evaluate(ModuleInstance instance, ByteRange code)
    {
        _frames.Clear();
        _stack.Shrink(0);
        _frames.Push(new Frame(instance, FunctionCode.DecodeSteps(instance.Definition, code), [], 1, 0));
        Run();
        return _stack.Pop();
    }

    private static void Bind(ModuleInstance instance, ImportDefinition import, object? item)
    {
        string name = $"{import.Module}.{import.Name}";
        if (item is null)
        {
            throw new ReferenceLinkException($"unknown import {name}");
        }

        if (!ImportMatching.Fits(import.Type, item))
        {
            throw new ReferenceLinkException($"incompatible import type for {name}");
        }

        switch (item)
        {
            case FunctionInstance function:
                instance.Functions.Add(function);
                break;
            case TableInstance table:
                instance.Tables.Add(table);
                break;
            case MemoryInstance memory:
                instance.Memories.Add(memory);
                break;
            case TagInstance tag:
                instance.Tags.Add(tag);
                break;
            default:
                instance.Globals.Add((GlobalInstance)item);
                break;
        }
    }
}

/// <summary>Whether an item satisfies an import (specification, "Validation / Matching / External Types").</summary>
internal static class ImportMatching
{
    public static bool Fits(object wanted, object item) => (wanted, item) switch
    {
        (DefinedType type, FunctionInstance function) => Matching.Matches(function.Defined, type),
        (TagType type, TagInstance tag) => type.Defined == tag.Type.Defined,
        (TableType type, TableInstance table) => type.Element == table.Type.Element && type.IndexType == table.Type.IndexType
            && LimitsFit(type.Minimum, type.Maximum, (ulong)table.Elements.Count, table.Type.Maximum),
        (MemoryType type, MemoryInstance memory) => type.IndexType == memory.Type.IndexType && type.IsShared == memory.Type.IsShared
            && type.PageBytes == memory.Type.PageBytes && LimitsFit(type.Minimum, type.Maximum, memory.Pages, memory.Type.Maximum),
        (GlobalType type, GlobalInstance global) => type.IsMutable == global.Type.IsMutable
            && (type.Type == global.Type.Type || (!type.IsMutable && Matching.Matches(global.Type.Type, type.Type))),
        _ => false,
    };

    private static bool LimitsFit(ulong wantedMinimum, ulong? wantedMaximum, ulong minimum, ulong? maximum) =>
        minimum >= wantedMinimum && (wantedMaximum is null || (maximum is not null && maximum <= wantedMaximum));
}
