using System.Collections.Immutable;
using System.Security.Cryptography;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Compilation;

namespace Atoll.Wasm;

/// <summary>A compiled module, ready to be instantiated any number of times.</summary>
/// <remarks>
/// Immutable and thread-safe; may be shared between all stores of its engine. It is not disposed: its code is unloaded by the garbage collector
/// when neither the module nor an instance of it can be reached.
/// </remarks>
public sealed class WasmModule
{
    private byte[]? _hash;
    private ImmutableArray<ModuleImport> _imports;
    private ImmutableArray<ModuleExport> _exports;

    internal WasmModule(WasmEngine engine, ModuleDefinition definition, CompiledModule code, byte[]? hash = null)
    {
        _hash = hash;
        Engine = engine;
        Definition = definition;
        Code = code;
    }

    /// <summary>The engine that compiled it.</summary>
    public WasmEngine Engine { get; }

    /// <summary>The module's name from its name section, or null.</summary>
    public string? Name => Code.Names.ModuleName;

    /// <summary>SHA-256 of the module's bytes, 32 bytes.</summary>
    public ReadOnlyMemory<byte> Hash => _hash ??= SHA256.HashData(Definition.Bytes);

    /// <summary>Size of the binary in bytes.</summary>
    public int ByteLength => Definition.Bytes.Length;

    /// <summary>What the module asks for.</summary>
    public ImmutableArray<ModuleImport> Imports
    {
        get
        {
            if (_imports.IsDefault)
            {
                _imports = [.. Definition.Imports.Select(i => new ModuleImport(i.Module, i.Name, i.Kind, i.Type is DefinedType type ? type.Function! : i.Type))];
            }

            return _imports;
        }
    }

    /// <summary>What the module offers.</summary>
    public ImmutableArray<ModuleExport> Exports
    {
        get
        {
            if (_exports.IsDefault)
            {
                _exports = [.. Definition.Exports.Select(e => new ModuleExport(e.Name, e.Kind, TypeOf(e)))];
            }

            return _exports;
        }
    }

    /// <summary>The memories that it defines or imports, with their limits.</summary>
    public ImmutableArray<MemoryType> Memories => [.. Definition.Memories];

    /// <summary>The number of functions that it defines.</summary>
    public int FunctionCount => Definition.Bodies.Length;

    internal ModuleDefinition Definition { get; }

    internal CompiledModule Code { get; }

    /// <summary>Contents of the custom sections of a name, in order.</summary>
    /// <param name="name">Name of the sections.</param>
    public IEnumerable<ReadOnlyMemory<byte>> CustomSections(string name)
    {
        foreach (CustomSection section in Definition.CustomSections)
        {
            if (section.Name == name)
            {
                yield return Definition.Bytes.AsMemory(section.Content.Start, section.Content.Length);
            }
        }
    }

    private object TypeOf(ExportDefinition export) => export.Kind switch
    {
        ExternKind.Function => Definition.TypeOf(export.Index),
        ExternKind.Table => Definition.Tables[export.Index].Type,
        ExternKind.Memory => Definition.Memories[export.Index],
        ExternKind.Tag => Definition.Tags[export.Index].Type,
        _ => Definition.Globals[export.Index].Type,
    };
}
