using System.Runtime.Intrinsics;
using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Execution;

/// <summary>
/// What an instance was like when it was new, to take it back there: memories, tables, globals, and which segments were dropped. References
/// are kept as they are, so they may only be to what does not change: functions.
/// </summary>
internal sealed class InstanceState
{
    private readonly Instance _instance;
    private readonly object?[][] _tables;
    private readonly object?[]?[] _elements;
    private readonly bool[] _droppedData;
    private readonly Value[] _globals;
    private readonly StoreContent _content;

    private InstanceState(Instance instance, MemoryImage?[] images, bool wasUsed)
    {
        InstanceContext context = instance.Context;
        _instance = instance;
        Images = images;
        _tables = Array.ConvertAll(context.Tables, t => (object?[])t.Elements.Clone());
        _elements = [.. context.Elements];
        _droppedData = [.. context.DroppedData];
        _globals = ReadGlobals(instance, wasUsed);
        _content = instance.Store.Content;
    }

    /// <summary>By index of memory; null for memories that are not the instance's own.</summary>
    public MemoryImage?[] Images { get; }

    /// <summary>The state of an instance that nobody has used yet; null when it cannot be taken back to it.</summary>
    /// <param name="instance">The instance; its memories become ones that can be taken back.</param>
    /// <param name="known">Images of another instance of the module, to be shared as far as they are the same; or null.</param>
    /// <param name="wasUsed">Whether code of it may have run, beside its start function.</param>
    public static InstanceState? TryTake(Instance instance, MemoryImage?[]? known, bool wasUsed = false)
    {
        ModuleDefinition definition = instance.Module.Definition;
        InstanceContext context = instance.Context;
        bool ownsShared = definition.Memories.Skip(definition.ImportedMemoryCount).Any(m => m.IsShared);
        if (ownsShared || instance.Store.Heap.IsUsed || !context.Tables.All(t => t.Elements.All(IsConstant))
            || !context.Elements.All(s => s is null || s.All(IsConstant)))
        {
            return null;
        }

        MemoryImage?[] images = new MemoryImage?[context.Memories.Length];
        for (int i = definition.ImportedMemoryCount; i < images.Length; i++)
        {
            MemoryMapping mapping = context.Memories[i].Mapping;
            MemoryImage? taken = wasUsed ? mapping.TakeImage() : null;
            bool isKnown = known?[i] is { } image && (taken is null ? mapping.Holds(image) : taken.IsSame(image));
            if (isKnown)
            {
                taken?.Dispose();
            }

            images[i] = isKnown ? known![i]! : taken ?? mapping.TakeImage();
            mapping.Attach(images[i]!);
            if (known is not null && !isKnown)
            {
                // Nobody else will map it.
                images[i]!.Dispose();
            }
        }

        InstanceState state = new(instance, images, wasUsed);
        return state._globals.All(g => IsConstant(g.Reference)) ? state : null;
    }

    /// <summary>Takes the instance back, whatever its guest did. False when it is of no more use.</summary>
    public bool TryRestore()
    {
        Store store = _instance.Store;
        InstanceContext context = _instance.Context;
        if (store.Heap.IsUsed || !store.TryRestore(_content))
        {
            return false;
        }

        for (int i = 0; i < Images.Length; i++)
        {
            if (Images[i] is { } image && !context.Memories[i].Mapping.TryReset(image))
            {
                return false;
            }
        }

        for (int i = 0; i < _tables.Length; i++)
        {
            Table table = context.Tables[i];
            if (table.Elements.Length == _tables[i].Length)
            {
                _tables[i].CopyTo(table.Elements, 0);
            }
            else
            {
                table.Elements = (object?[])_tables[i].Clone();
            }
        }

        _elements.CopyTo(context.Elements, 0);
        _droppedData.CopyTo(context.DroppedData, 0);
        for (int i = 0; i < _globals.Length; i++)
        {
            _instance.GlobalCells[i]?.Restore(_globals[i]);
        }

        context.BindAll(_globals, _instance.GlobalCells);
        return true;
    }

    private static bool IsConstant(object? reference) => reference is null or Function;

    private static Value[] ReadGlobals(Instance instance, bool wasUsed)
    {
        ModuleDefinition definition = instance.Module.Definition;
        Value[] values = [.. instance.FirstGlobals];
        for (int i = 0; i < values.Length; i++)
        {
            if (instance.GlobalCells[i] is { } cell)
            {
                values[i] = cell.Value;
            }
            else if ((wasUsed || definition.Start >= 0) && definition.Globals[i].Type.IsMutable)
            {
                values[i] = ReadField(instance.Context, i, definition.Globals[i].Type.Type);
            }
        }

        return values;
    }

    /// <summary>Reads what only compiled code can name. Slow, but done once for an instance.</summary>
    private static Value ReadField(InstanceContext context, int index, ValueType type)
    {
        object? value = context.GetType().GetField($"g{index}")!.GetValue(context);
        return type.IsReference ? new Value(type, 0, 0, value) : value switch
        {
            int i32 => Value.I32(i32),
            long i64 => Value.I64(i64),
            float f32 => Value.F32(f32),
            double f64 => Value.F64(f64),
            _ => HostThunks.PackV128((Vector128<byte>)value!),
        };
    }
}
