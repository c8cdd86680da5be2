using System.Collections.Immutable;
using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Validation;

/// <summary>Checks a decoded module (specification, "Validation / Modules"): the rules between its sections, then each function body.</summary>
internal sealed partial class ModuleValidator
{
    private readonly ModuleDefinition _module;
    private readonly ModuleLimits _limits;
    private readonly DeclaredReferences _declared;
    private readonly ConstantValidator _constants;

    private ModuleValidator(ModuleDefinition module, ModuleLimits limits)
    {
        _module = module;
        _limits = limits;
        _declared = new DeclaredReferences(module.Functions.Length);
        _constants = new ConstantValidator(module, limits, _declared);
    }

    /// <summary>Checks the module.</summary>
    /// <exception cref="InvalidModuleException">A rule of validation is broken.</exception>
    /// <exception cref="MalformedModuleException">A body does not follow the format, which the decoder does not look at.</exception>
    internal static void Validate(ModuleDefinition module, ModuleLimits limits, CancellationToken cancellationToken)
    {
        var validator = new ModuleValidator(module, limits);
        validator.CheckTypes();
        validator.CheckTags();
        validator.CheckTables();
        validator.CheckGlobals();
        validator.CheckElements();
        validator.CheckData();
        validator.CheckStart();
        validator.CheckExports();
        validator.CheckBodies(cancellationToken);
        module.IsValidated = true;
    }

    /// <summary>Checks a module whose code was kept, and which therefore is valid: for what the compiler wants to know of the bodies.</summary>
    internal static void Ensure(ModuleDefinition module, ModuleLimits limits)
    {
        if (!module.IsValidated)
        {
            Validate(module, limits, CancellationToken.None);
        }
    }

    private void CheckTypes()
    {
        for (int i = 0; i < _module.Types.Count; i++)
        {
            CheckSubtype(_module.Types[i], i);
        }

        for (int i = 0; i < _module.Functions.Length; i++)
        {
            int type = _module.Functions[i];
            if ((uint)type >= (uint)_module.Types.Count || _module.Types[type].Kind != CompositeKind.Function)
            {
                throw new InvalidModuleException($"unknown type {type} of function {i}: there is no such type of functions", 0, i);
            }
        }

        for (int i = 0; i < _module.Memories.Length; i++)
        {
            MemoryType memory = _module.Memories[i];
            CheckMemory(memory, $"memory {i}");
        }
    }

    /// <summary>A sub type refines its supertype, which allows it ("Validation / Types / Sub Types").</summary>
    internal static void CheckSubtype(DefinedType type, int index)
    {
        if (type.Super is not { } super)
        {
            return;
        }

        bool matches = !super.IsFinal && type.Kind == super.Kind && type.Kind switch
        {
            CompositeKind.Function => Match(super.Function!.Parameters, type.Function!.Parameters) && Match(type.Function.Results, super.Function.Results),
            _ => type.Fields.Length >= super.Fields.Length && super.Fields.Zip(type.Fields).All(pair => Match(pair.Second, pair.First)),
        };
        if (!matches)
        {
            throw new InvalidModuleException($"sub type {index} ({type}) does not match its supertype ({super}){(super.IsFinal ? ", which is final" : "")}", 0);
        }
    }

    private static bool Match(ImmutableArray<ValueType> types, ImmutableArray<ValueType> wanted) =>
        types.Length == wanted.Length && types.Zip(wanted).All(pair => pair.First.Matches(pair.Second));

    /// <summary>"Matching / Field Types": a field that can be written has exactly the type.</summary>
    private static bool Match(FieldType field, FieldType wanted) => field.IsMutable == wanted.IsMutable
        && (field.Storage == wanted.Storage || (!field.IsMutable && !field.Storage.IsPacked && !wanted.Storage.IsPacked && field.Storage.Matches(wanted.Storage)));

    /// <summary>"Tag Types": a tag's type has no results.</summary>
    private void CheckTags()
    {
        for (int i = 0; i < _module.Tags.Length; i++)
        {
            TagDefinition tag = _module.Tags[i];
            if ((uint)tag.TypeIndex >= (uint)_module.Types.Count || _module.Types[tag.TypeIndex].Kind != CompositeKind.Function)
            {
                throw new InvalidModuleException($"unknown type {tag.TypeIndex} of tag {i}", 0);
            }

            if (!tag.Type.Function.Results.IsEmpty)
            {
                throw new InvalidModuleException($"non-empty tag result type: tag {i} has the type {tag.Type.Function}", 0);
            }
        }
    }

    private void CheckTables()
    {
        // Globals of the module itself come after its tables, so initializers see imported ones only.
        _constants.VisibleGlobals = _module.ImportedGlobalCount;
        for (int i = 0; i < _module.Tables.Length; i++)
        {
            TableDefinition table = _module.Tables[i];
            CheckTable(table.Type, $"table {i}");
            if (table.Initializer is { } initializer)
            {
                _constants.Validate(initializer, table.Type.Element);
            }
            else if (i >= _module.ImportedTableCount && !table.Type.Element.IsDefaultable)
            {
                throw new InvalidModuleException($"type mismatch: table {i} of {table.Type.Element}, which has no default value, needs an initializer", 0);
            }
        }
    }

    internal static void CheckTable(TableType table, string what) =>
        CheckRange(table.Minimum, table.Maximum, table.Is64 ? ulong.MaxValue : uint.MaxValue, "table size must be at most 2^32-1", what);

    internal static void CheckMemory(MemoryType memory, string what)
    {
        if (memory.PageBytes is not (1 or MemoryType.PageSize))
        {
            throw new InvalidModuleException($"invalid custom page size: {what} has pages of {memory.PageBytes} bytes, they can have 1 or 65536", 0);
        }

        string pages = memory.Is64 ? $"{memory.PageBound} pages" : "65536 pages (4GiB)";
        CheckRange(memory.Minimum, memory.Maximum, memory.PageBound, $"memory size must be at most {(memory.PageBytes == 1 ? "2^bits-1 bytes" : pages)}", what);
        if (memory.IsShared && memory.Maximum is null)
        {
            throw new InvalidModuleException($"shared memory must have maximum: {what}", 0);
        }
    }

    private static void CheckRange(ulong minimum, ulong? maximum, ulong bound, string message, string what)
    {
        if (minimum > bound || maximum > bound)
        {
            throw new InvalidModuleException($"{message}: {what}", 0);
        }

        if (minimum > maximum)
        {
            throw new InvalidModuleException($"size minimum must not be greater than maximum: {what}", 0);
        }
    }

    private void CheckGlobals()
    {
        for (int i = _module.ImportedGlobalCount; i < _module.Globals.Length; i++)
        {
            _constants.VisibleGlobals = i;
            GlobalDefinition global = _module.Globals[i];
            _constants.Validate(global.Initializer, global.Type.Type);
        }

        _constants.VisibleGlobals = _module.Globals.Length;
    }

    private void CheckElements()
    {
        for (int i = 0; i < _module.Elements.Length; i++)
        {
            ElementSegment segment = _module.Elements[i];
            if (segment.Mode == SegmentMode.Active)
            {
                if ((uint)segment.Table >= (uint)_module.Tables.Length)
                {
                    throw new InvalidModuleException($"unknown table {segment.Table} of element segment {i}", segment.Offset.Start);
                }

                ValueType element = _module.Tables[segment.Table].Type.Element;
                if (!segment.Type.Matches(element))
                {
                    throw new InvalidModuleException($"type mismatch: element segment {i} puts {segment.Type} into a table of {element}", segment.Offset.Start);
                }

                _constants.Validate(segment.Offset, _module.Tables[segment.Table].Type.IndexType);
            }

            foreach (int function in segment.FunctionIndices ?? [])
            {
                DeclareFunction(function, $"element segment {i}", segment.Offset.Start);
            }

            foreach (ByteRange expression in segment.Expressions ?? [])
            {
                _constants.Validate(expression, segment.Type);
            }
        }
    }

    private void CheckData()
    {
        for (int i = 0; i < _module.Data.Length; i++)
        {
            DataSegment segment = _module.Data[i];
            if (segment.Mode != SegmentMode.Active)
            {
                continue;
            }

            if ((uint)segment.Memory >= (uint)_module.Memories.Length)
            {
                throw new InvalidModuleException($"unknown memory {segment.Memory} of data segment {i}", segment.Offset.Start);
            }

            _constants.Validate(segment.Offset, _module.Memories[segment.Memory].IndexType);
        }
    }

    private void CheckStart()
    {
        if (_module.Start < 0)
        {
            return;
        }

        if (_module.Start >= _module.Functions.Length)
        {
            throw new InvalidModuleException($"unknown function {_module.Start} as start function", 0);
        }

        FunctionType type = _module.TypeOf(_module.Start);
        if (!type.Parameters.IsEmpty || !type.Results.IsEmpty)
        {
            throw new InvalidModuleException($"start function must have no parameters and no results, but is {type}", 0, _module.Start);
        }
    }

    private void CheckExports()
    {
        var names = new HashSet<string>(_module.Exports.Length, StringComparer.Ordinal);
        foreach (ExportDefinition export in _module.Exports)
        {
            if (!names.Add(export.Name))
            {
                throw new InvalidModuleException($"duplicate export name \"{Shorten(export.Name)}\"", 0);
            }

            (int count, string what) = export.Kind switch
            {
                ExternKind.Function => (_module.Functions.Length, "function"),
                ExternKind.Table => (_module.Tables.Length, "table"),
                ExternKind.Memory => (_module.Memories.Length, "memory"),
                ExternKind.Tag => (_module.Tags.Length, "tag"),
                _ => (_module.Globals.Length, "global"),
            };
            if ((uint)export.Index >= (uint)count)
            {
                throw new InvalidModuleException($"unknown {what} {export.Index} of export \"{Shorten(export.Name)}\"", 0);
            }

            if (export.Kind == ExternKind.Function)
            {
                _declared.Add(export.Index);
            }
        }
    }

    private void DeclareFunction(int function, string where, int offset)
    {
        if ((uint)function >= (uint)_module.Functions.Length)
        {
            throw new InvalidModuleException($"unknown function {function} in {where}", offset);
        }

        _declared.Add(function);
    }

    private static string Shorten(string name) => name.Length <= 200 ? name : name[..200] + "…";
}
