using Atoll.Wasm;
using Atoll.Wasm.Binary;
using ValueType = Atoll.Wasm.ValueType;

namespace Atoll.Fuzz.Generation;

/// <summary>Makes a valid module: decides on its parts, writes the bodies, then the sections around them. Everything is exported.</summary>
internal sealed class ModuleGenerator
{
    private readonly Choices _choices;
    private readonly ModulePlan _plan = new();

    private ModuleGenerator(Choices choices) => _choices = choices;

    public static byte[] Write(Choices choices)
    {
        ModuleGenerator generator = new(choices);
        generator.PlanFeatures();
        generator.PlanHeapTypes();
        generator.PlanTags();
        generator.PlanMemories();
        generator.PlanTables();
        generator.PlanFunctions();
        generator.PlanGlobals();
        generator.PlanSegments();
        generator.PlanRows();
        byte[][] bodies = [.. generator.Bodies()];
        return generator.Sections(bodies);
    }

    /// <summary>Each module has only some of the features, so that those it has meet each other often.</summary>
    private void PlanFeatures()
    {
        WasmFeatures[] optional =
        [
            WasmFeatures.Simd, WasmFeatures.TailCalls, WasmFeatures.Memory64, WasmFeatures.Threads, WasmFeatures.WideArithmetic, WasmFeatures.CustomPageSizes,
            WasmFeatures.FunctionReferences, WasmFeatures.GarbageCollection | WasmFeatures.FunctionReferences, WasmFeatures.Exceptions,
            WasmFeatures.Exceptions | WasmFeatures.LegacyExceptions,
        ];
        foreach (WasmFeatures feature in optional)
        {
            if (_choices.Pick(3) == 2)
            {
                _plan.Features |= feature;
            }
        }

        if (_plan.Has(WasmFeatures.Simd) && _choices.OneIn(2))
        {
            _plan.Features |= WasmFeatures.RelaxedSimd;
        }

        ValueType[] numbers = [ValueType.I32, ValueType.I64, ValueType.F32, ValueType.F64];
        _plan.ValueTypes.AddRange(_choices.OneIn(4) ? [ValueType.I32, _choices.Pick(numbers)] : numbers);
        if (_plan.Has(WasmFeatures.Simd))
        {
            _plan.ValueTypes.AddRange([ValueType.V128, ValueType.V128]);
        }

        if (_choices.OneIn(3))
        {
            _plan.ValueTypes.AddRange([ValueType.FuncRef, ValueType.ExternRef]);
        }
    }

    private void PlanHeapTypes()
    {
        if (_plan.Has(WasmFeatures.GarbageCollection))
        {
            int count = 1 + _choices.Pick(5);
            List<ValueType> storages = [.. _plan.ValueTypes, ValueType.I8, ValueType.I16, ValueType.AnyRef, .. Enumerable.Range(0, count).Select(i => ModulePlan.ReferenceTo(i))];
            for (int i = 0; i < count; i++)
            {
                _plan.HeapTypes.Add(HeapType(i, storages));
            }

            _plan.ValueTypes.AddRange([ValueType.AnyRef, ValueType.EqRef, .. Enumerable.Range(0, count).Select(i => ModulePlan.ReferenceTo(i))]);
        }

        if (_plan.Has(WasmFeatures.FunctionReferences))
        {
            // A reference to functions of one type, which some of the functions will have.
            FunctionType type = new([_choices.Pick(_plan.ValueTypes)], [_choices.Pick(_plan.ValueTypes)]);
            _plan.ValueTypes.Add(ModulePlan.ReferenceTo(_plan.TypeIndex(type)));
        }
    }

    private HeapTypePlan HeapType(int index, List<ValueType> storages)
    {
        int[] structures = [.. Enumerable.Range(0, index).Where(i => !_plan.HeapTypes[i].IsArray)];
        bool hasSuper = structures.Length > 0 && _choices.OneIn(2);
        int super = hasSuper ? _choices.Pick(structures) : -1;
        bool isArray = !hasSuper && _choices.OneIn(3);
        List<(ValueType Storage, bool IsMutable)> fields = hasSuper ? [.. _plan.HeapTypes[super].Fields] : [];
        for (int i = isArray ? 1 : _choices.Pick(_choices.OneIn(8) ? 20 : 5); i > 0; i--)
        {
            fields.Add((_choices.Pick(storages), _choices.Pick(4) != 3));
        }

        return new HeapTypePlan(isArray, fields, super);
    }

    private void PlanTags()
    {
        if (!_plan.Has(WasmFeatures.Exceptions))
        {
            return;
        }

        for (int i = 1 + _choices.Pick(3); i > 0; i--)
        {
            _plan.Tags.Add(new FunctionType([.. Enumerable.Range(0, _choices.Pick(4)).Select(_ => _choices.Pick(_plan.ValueTypes))], []));
        }

        _plan.ValueTypes.Add(ValueType.ExnRef);
    }

    private ValueType IndexType() => _plan.Has(WasmFeatures.Memory64) && _choices.OneIn(2) ? ValueType.I64 : ValueType.I32;

    private void PlanMemories()
    {
        int count = _choices.Pick(4);
        for (int i = 0; i < count; i++)
        {
            bool isShared = _plan.Has(WasmFeatures.Threads) && _choices.OneIn(2);
            bool hasBytePages = _plan.Has(WasmFeatures.CustomPageSizes) && _choices.OneIn(2);
            ulong minimum = (ulong)(hasBytePages ? _choices.Pick(3000) : _choices.Pick(3));
            ulong? maximum = isShared || _choices.OneIn(2) ? minimum + (ulong)_choices.Pick(hasBytePages ? 500 : 4) : null;
            _plan.Memories.Add(new MemoryType(minimum, maximum)
            {
                IndexType = IndexType(),
                IsShared = isShared,
                PageBytes = hasBytePages ? 1UL : MemoryType.PageSize,
            });
        }

        _plan.ImportedMemories = _choices.Pick(3) == 2 ? _choices.Pick(count + 1) : 0;
        if (_plan.ImportedMemories > 1 && _choices.OneIn(2))
        {
            // The host gives one memory twice.
            _plan.Memories[1] = _plan.Memories[0];
            _plan.SharesImports = true;
        }
    }

    private void PlanTables()
    {
        int count = _choices.Pick(4);
        for (int i = 0; i < count; i++)
        {
            ulong minimum = (ulong)_choices.Pick(12);
            ulong? maximum = _choices.OneIn(2) ? minimum + (ulong)_choices.Pick(10) : null;
            ValueType[] references = [.. _plan.ValueTypes.Where(type => type.IsReference)];
            ValueType element = _choices.Pick(3) != 2 ? ValueType.FuncRef : references.Length > 0 ? _choices.Pick(references) : ValueType.ExternRef;
            _plan.Tables.Add(new TableType(element, minimum, maximum) { IndexType = IndexType() });
        }

        _plan.ImportedTables = _choices.Pick(3) == 2 ? _choices.Pick(count + 1) : 0;
    }

    private void PlanFunctions()
    {
        _plan.ImportedFunctions = _choices.Pick(3);
        int count = _plan.ImportedFunctions + 1 + _choices.Pick(6);
        for (int i = 0; i < count; i++)
        {
            int parameters = _choices.Pick(_choices.OneIn(6) ? 14 : 5);
            int results = _choices.Pick(_choices.OneIn(6) ? 8 : 3);
            _plan.Functions.Add(_plan.Types.Count > 0 && _choices.OneIn(3)
                ? _plan.Types[0]
                : _plan.Functions.Count > 0 && _choices.OneIn(4)
                ? _choices.Pick(_plan.Functions)
                : new FunctionType([.. SomeTypes(parameters)], [.. SomeTypes(results)]));
        }

        if (_choices.Pick(4) == 3)
        {
            _plan.StartFunction = _plan.Functions.Count;
            _plan.Functions.Add(new FunctionType([], []));
        }

        _plan.ResetFunction = _plan.Functions.Count;
        _plan.Functions.Add(new FunctionType([], []));

        IEnumerable<ValueType> SomeTypes(int number) => Enumerable.Range(0, number).Select(_ => _choices.Pick(_plan.ValueTypes)).ToArray();
    }

    private void PlanGlobals()
    {
        _plan.ImportedGlobals = _choices.Pick(3);
        int count = _plan.ImportedGlobals + _choices.Pick(7);
        for (int i = 0; i < count; i++)
        {
            _plan.Globals.Add(new GlobalType(_choices.Pick(_plan.ValueTypes), i >= _plan.ImportedGlobals && _choices.Pick(4) != 3));
        }

        _plan.FuelGlobal = _plan.Globals.Count;
        _plan.Globals.Add(new GlobalType(ValueType.I32, true));
    }

    private void PlanSegments()
    {
        for (int i = _choices.Pick(4); i > 0 && _plan.Tables.Count > 0; i--)
        {
            int table = _choices.Pick(_plan.Tables.Count);
            TableType type = _plan.Tables[table];
            SegmentMode mode = (SegmentMode)_choices.Pick(3);
            int room = mode == SegmentMode.Active ? (int)type.Minimum + (_choices.OneIn(60) ? 1 : 0) : 8;
            _plan.Elements.Add(new SegmentPlan(mode, table, type.Element, _choices.Pick(room + 1)));
        }

        ValueType[] references = [.. _plan.ValueTypes.Where(type => type.IsReference)];
        for (int i = _choices.Pick(3); i > 0 && references.Length > 0; i--)
        {
            _plan.Elements.Add(new SegmentPlan(SegmentMode.Passive, 0, _choices.Pick(references), _choices.Pick(6)));
        }

        for (int i = _choices.Pick(4); i > 0; i--)
        {
            int memory = _choices.Pick(_plan.Memories.Count);
            SegmentMode mode = _plan.Memories.Count > 0 ? (SegmentMode)_choices.Pick(2) : SegmentMode.Passive;
            ulong room = mode == SegmentMode.Active ? Math.Min(_plan.Memories[memory].MinimumBytes, 40) : 40;
            _plan.Data.Add(new SegmentPlan(mode, memory, default, _choices.Pick((int)room + 1)));
        }
    }

    /// <summary>All instructions, or only a few, which then are used all over.</summary>
    private void PlanRows()
    {
        int share = _choices.Pick(4);
        _plan.Rows = share == 0
            ? Letters.RowsFor(_plan, _ => true)
            : Letters.RowsFor(_plan, row => row.Feature is WasmFeatures.Threads or WasmFeatures.RelaxedSimd || _choices.Pick(4) >= share);
    }

    private IEnumerable<byte[]> Bodies()
    {
        for (int i = _plan.ImportedFunctions; i < _plan.Functions.Count; i++)
        {
            yield return i == _plan.ResetFunction
                ? new WasmWriter().Unsigned(0).Opcode(Opcode.I32Const).Signed(60).Opcode(Opcode.GlobalSet).Unsigned((uint)_plan.FuelGlobal).Opcode(Opcode.End).ToArray()
                : FunctionGenerator.Write(_plan, _plan.Functions[i], _choices);
        }
    }

    private byte[] Sections(byte[][] bodies)
    {
        // The types come first in the module, but all other sections may still add some.
        List<uint> types = [.. _plan.Functions.Select(type => (uint)_plan.TypeIndex(type))];
        byte[] imports = Imports(types);
        WasmWriter rest = new();
        rest.Section(3, types[_plan.ImportedFunctions..], (w, type) => w.Unsigned(type));
        rest.Section(4, _plan.Tables[_plan.ImportedTables..], WriteTable);
        rest.Section(5, _plan.Memories[_plan.ImportedMemories..], WriteMemory);
        rest.Section(13, _plan.Tags, (w, type) => w.Byte(0).Unsigned((uint)_plan.TypeIndex(type)));
        rest.Section(6, [.. Enumerable.Range(_plan.ImportedGlobals, _plan.Globals.Count - _plan.ImportedGlobals)], WriteGlobal);
        rest.Section(7, [.. Exports()], (w, export) => w.Name(export.Name).Byte((int)export.Kind).Unsigned((uint)export.Index));
        if (_plan.StartFunction >= 0)
        {
            rest.Byte(8).Sized(new WasmWriter().Unsigned((uint)_plan.StartFunction).ToArray());
        }

        rest.Section(9, _plan.Elements, WriteElements);
        if (_plan.Data.Count > 0)
        {
            rest.Byte(12).Sized(new WasmWriter().Unsigned((uint)_plan.Data.Count).ToArray());
        }

        rest.Section(10, bodies, (w, body) => w.Sized(body));
        rest.Section(11, _plan.Data, WriteData);
        if (_choices.Pick(8) == 7)
        {
            // Where traps could tell their line, code is compiled differently; these lines nobody can read.
            byte[] lines = [.. Enumerable.Range(0, _choices.Pick(40)).Select(_ => (byte)_choices.Next())];
            rest.Byte(0).Sized(new WasmWriter().Name(".debug_line").Bytes(lines).ToArray());
        }

        return new WasmWriter().Bytes("\0asm\u0001\0\0\0"u8).Byte(1).Sized(Types()).Bytes(imports).Bytes(rest.ToArray()).ToArray();
    }

    /// <summary>The structures and arrays as one recursion group, then each function type for itself.</summary>
    private byte[] Types()
    {
        WasmWriter w = new WasmWriter().Unsigned((uint)(_plan.Types.Count + (_plan.HeapTypes.Count > 0 ? 1 : 0)));
        if (_plan.HeapTypes.Count > 0)
        {
            w.Byte(0x4E).Unsigned((uint)_plan.HeapTypes.Count);
        }

        foreach (HeapTypePlan type in _plan.HeapTypes)
        {
            // Open to subtypes, with one supertype or none.
            w.Byte(0x50).Many(type.Super < 0 ? [] : new[] { type.Super }, (x, super) => x.Unsigned((uint)super)).Byte(type.IsArray ? 0x5E : 0x5F);
            if (!type.IsArray)
            {
                w.Unsigned((uint)type.Fields.Count);
            }

            type.Fields.ForEach(field => w.Type(field.Storage).Byte(field.IsMutable ? 1 : 0));
        }

        foreach (FunctionType type in _plan.Types)
        {
            w.Byte(0x60).Many(type.Parameters, (x, t) => x.Type(t)).Many(type.Results, (x, t) => x.Type(t));
        }

        return w.ToArray();
    }

    private byte[] Imports(List<uint> types)
    {
        List<Action<WasmWriter>> imports = [];
        Add(_plan.ImportedFunctions, "f", (w, i) => w.Byte(0).Unsigned(types[i]));
        Add(_plan.ImportedTables, "t", (w, i) => WriteTable(w.Byte(1), _plan.Tables[i]));
        Add(_plan.ImportedMemories, "m", (w, i) => WriteMemory(w.Byte(2), _plan.Memories[i]), _plan.SharesImports);
        Add(_plan.ImportedGlobals, "g", (w, i) => w.Byte(3).Type(_plan.Globals[i].Type).Byte(0));
        return new WasmWriter().Section(2, imports, (w, write) => write(w)).ToArray();

        void Add(int count, string name, Action<WasmWriter, int> write, bool sharesFirst = false)
        {
            for (int i = 0; i < count; i++)
            {
                int index = i;
                int named = sharesFirst && index == 1 ? 0 : index;
                imports.Add(w => write(w.Name("host").Name($"{name}{named}"), index));
            }
        }
    }

    /// <summary>Before each function comes the one that fills up the fuel, because exports are called in this order.</summary>
    private IEnumerable<(string Name, ExternKind Kind, int Index)> Exports()
    {
        for (int i = 0; i < _plan.Functions.Count; i++)
        {
            yield return ($"reset{i}", ExternKind.Function, _plan.ResetFunction);
            yield return ($"f{i}", ExternKind.Function, i);
        }

        foreach ((string name, ExternKind kind, int count) in new[]
        {
            ("t", ExternKind.Table, _plan.Tables.Count), ("e", ExternKind.Tag, _plan.Tags.Count), ("m", ExternKind.Memory, _plan.Memories.Count), ("g", ExternKind.Global, _plan.Globals.Count),
        })
        {
            for (int i = 0; i < count; i++)
            {
                yield return ($"{name}{i}", kind, i);
            }
        }
    }

    private static void WriteLimits(WasmWriter w, int flags, ulong minimum, ulong? maximum)
    {
        w.Byte(flags | (maximum is null ? 0 : 1)).Unsigned(minimum);
        if (maximum is { } bound)
        {
            w.Unsigned(bound);
        }
    }

    private static void WriteTable(WasmWriter w, TableType type) => WriteLimits(w.Type(type.Element), type.Is64 ? 4 : 0, type.Minimum, type.Maximum);

    private static void WriteMemory(WasmWriter w, MemoryType type)
    {
        bool hasBytePages = type.PageBytes == 1;
        WriteLimits(w, (type.IsShared ? 2 : 0) | (type.Is64 ? 4 : 0) | (hasBytePages ? 8 : 0), type.Minimum, type.Maximum);
        if (hasBytePages)
        {
            w.Unsigned(0);
        }
    }

    private void WriteGlobal(WasmWriter w, int index)
    {
        GlobalType type = _plan.Globals[index];
        w.Type(type.Type).Byte(type.IsMutable ? 1 : 0);
        if (index == _plan.FuelGlobal)
        {
            w.Opcode(Opcode.I32Const).Signed(60).Opcode(Opcode.End);
            return;
        }

        ConstantWriter.Write(w, type.Type, _plan, index, _choices);
    }

    private void WriteElements(WasmWriter w, SegmentPlan segment)
    {
        // Always the form with expressions: bit 0 is passive or declarative, bit 1 a table index or declarative, bit 2 expressions.
        int flags = segment.Mode switch
        {
            SegmentMode.Active => 6,
            SegmentMode.Passive => 5,
            _ => 7,
        };
        w.Unsigned((uint)flags);
        if (segment.Mode == SegmentMode.Active)
        {
            TableType table = _plan.Tables[segment.Target];
            w.Unsigned((uint)segment.Target);
            ConstantWriter.WriteOffset(w, table.IndexType, _choices.Pick((int)table.Minimum - segment.Length + 1));
        }

        w.Type(segment.Type).Unsigned((uint)segment.Length);
        for (int i = 0; i < segment.Length; i++)
        {
            ConstantWriter.Write(w, segment.Type, _plan, _plan.Globals.Count, _choices);
        }
    }

    private void WriteData(WasmWriter w, SegmentPlan segment)
    {
        w.Unsigned(segment.Mode == SegmentMode.Passive ? 1u : 2u);
        if (segment.Mode == SegmentMode.Active)
        {
            MemoryType memory = _plan.Memories[segment.Target];
            w.Unsigned((uint)segment.Target);
            int room = (int)Math.Min(memory.MinimumBytes, 1 << 20) - segment.Length;
            ConstantWriter.WriteOffset(w, memory.IndexType, _choices.OneIn(60) ? -1 : _choices.Pick(room + 1));
        }

        byte[] bytes = new byte[segment.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)_choices.Next();
        }

        w.Sized(bytes);
    }
}
