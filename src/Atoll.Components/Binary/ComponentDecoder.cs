using Atoll.Components.Types;
using Atoll.Wasm;
using Atoll.Wasm.Binary;

namespace Atoll.Components.Binary;

/// <summary>Decodes the binary format of components ("Binary Format", "Component Definitions"). Trusts no size; indices are left to the validator.</summary>
/// <remarks>
/// Only core types are looked up here, because the engine's reader gives equal types one object as it reads them. Memory stays within a constant factor of
/// the size of the bytes: a count is compared with what is left before anything is allocated.
/// </remarks>
internal sealed partial class ComponentDecoder
{
    private const uint Magic = 0x6D736100; // "\0asm"
    private const uint Preamble = 0x0001000D; // version 13, layer 1
    private const int PreambleBytes = 8;
    private readonly byte[] _bytes;
    private readonly ComponentLoadOptions _options;
    private readonly ComponentLimits _limits;

    private ComponentDecoder(byte[] bytes, ComponentLoadOptions options)
    {
        _bytes = bytes;
        _options = options;
        _limits = options.Limits;
    }

    /// <summary>Whether the bytes start as a component does, and not as a core module: the layer decides.</summary>
    public static bool IsComponent(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= PreambleBytes && bytes[..4].SequenceEqual("\0asm"u8) && bytes[6] == 1 && bytes[7] == 0;

    /// <summary>Decodes a component.</summary>
    /// <exception cref="MalformedComponentException">The bytes do not follow the format or are beyond a limit.</exception>
    /// <exception cref="InvalidComponentException">A core type refers to one that does not exist.</exception>
    public static ComponentDefinition Decode(byte[] bytes, ComponentLoadOptions options)
    {
        if (bytes.Length > options.Limits.MaxComponentBytes)
        {
            throw new MalformedComponentException($"component of {bytes.Length} bytes is larger than the limit of {options.Limits.MaxComponentBytes}", 0);
        }

        try
        {
            return new ComponentDecoder(bytes, options).ReadComponent(0, bytes.Length, null, 0);
        }
        catch (MalformedModuleException e)
        {
            // The engine's reader found it, in bytes of the component itself.
            throw new MalformedComponentException(Reason(e), e.Offset, e);
        }
        catch (InvalidModuleException e)
        {
            throw new InvalidComponentException(Reason(e), e.Offset, e);
        }
    }

    /// <summary>An engine's message without its offset, which would be said twice.</summary>
    internal static string Reason(WasmException exception)
    {
        int offset = exception.Message.LastIndexOf(" (at offset", StringComparison.Ordinal);
        return offset < 0 ? exception.Message : exception.Message[..offset];
    }

    private ComponentDefinition ReadComponent(int start, int end, CoreTypeScope? parent, int depth)
    {
        if (depth > _limits.MaxNesting)
        {
            throw new MalformedComponentException($"nesting too deep: the limit is {_limits.MaxNesting} components within each other", start);
        }

        ReadPreamble(start, end);
        ComponentDefinition component = new() { Bytes = _bytes, Start = start };
        CoreTypeScope scope = new(parent);
        var reader = new WasmReader(_bytes, start + PreambleBytes, end);
        while (!reader.AtEnd)
        {
            int offset = reader.Position;
            byte id = reader.ReadByte();
            uint size = reader.ReadVarU32();
            if (size > (uint)reader.Remaining)
            {
                throw new MalformedComponentException($"unexpected end-of-file: section {id} of {size} bytes in {reader.Remaining}", offset);
            }

            var section = new WasmReader(_bytes, reader.Position, reader.Position + (int)size, _options.CoreFeatures, scope.Types);
            ReadSection(id, offset, ref section, component.Definitions, scope, depth);
            if (!section.AtEnd)
            {
                throw new MalformedComponentException($"unexpected content: {section.Remaining} bytes left in section {id}", section.Position);
            }

            reader.Position = section.End;
        }

        return component;
    }

    private void ReadPreamble(int start, int end)
    {
        var reader = new WasmReader(_bytes, start, end);
        if (reader.Remaining < PreambleBytes)
        {
            throw new MalformedComponentException("unexpected end: a component starts with 00 61 73 6d 0d 00 01 00", end);
        }

        if (reader.ReadF32Bits() != Magic)
        {
            throw new MalformedComponentException("magic header not detected: a component starts with 00 61 73 6d", start);
        }

        uint version = reader.ReadF32Bits();
        if (version != Preamble)
        {
            throw new MalformedComponentException(
                version >> 16 == 1 ? $"unknown binary version 0x{version & 0xFFFF:x}: this is a component of another version" : "expected a version header for a component",
                start + 4);
        }
    }

    private void ReadSection(byte id, int offset, ref WasmReader reader, List<Definition> definitions, CoreTypeScope scope, int depth)
    {
        switch (id)
        {
            case 0:
                definitions.Add(ReadCustom(ref reader, offset));
                return;
            case 1:
                definitions.Add(ReadModule(ref reader, offset));
                return;
            case 4:
                definitions.Add(new ComponentEntry { Offset = offset, Component = ReadComponent(reader.Position, reader.End, scope, depth + 1) });
                reader.Position = reader.End;
                return;
            case 9:
                definitions.Add(ReadStart(ref reader));
                return;
            case > 11:
                throw new MalformedComponentException($"malformed section id {id}", offset);
        }

        for (uint count = reader.ReadCount(); count > 0; count--)
        {
            definitions.Add(id switch
            {
                2 => ReadCoreInstance(ref reader),
                3 => ReadCoreType(ref reader, scope),
                5 => ReadInstance(ref reader),
                6 => ReadAlias(ref reader, scope),
                7 => ReadTypeEntry(ref reader, scope, 0),
                8 => ReadCanon(ref reader),
                10 => ReadImport(ref reader),
                _ => ReadExport(ref reader),
            });
        }
    }

    private CustomEntry ReadCustom(ref WasmReader reader, int offset)
    {
        string name = reader.ReadName(_limits.Modules.MaxNameBytes);
        CustomEntry entry = new() { Offset = offset, Name = name, Content = new ByteRange(reader.Position, reader.End) };
        reader.Position = reader.End;
        return entry;
    }

    private CoreModuleEntry ReadModule(ref WasmReader reader, int offset)
    {
        int start = reader.Position;
        byte[] bytes = reader.ReadBytes(reader.Remaining).ToArray();
        try
        {
            return new CoreModuleEntry { Offset = offset, Module = ModuleDecoder.Decode(bytes, _limits.Modules, _options.CoreFeatures) };
        }
        catch (MalformedModuleException e)
        {
            string hint = IsComponent(bytes) ? ": expected a version header for a module" : "";
            throw new MalformedComponentException($"core module: {Reason(e)}{hint}", start + e.Offset, e);
        }
        catch (InvalidModuleException e)
        {
            throw new InvalidComponentException($"core module: {Reason(e)}", start + e.Offset, e);
        }
    }

    private CoreInstanceEntry ReadCoreInstance(ref WasmReader reader)
    {
        int start = reader.Position;
        byte form = reader.ReadByte();
        switch (form)
        {
            case 0:
                int module = ReadIndex(ref reader);
                var arguments = new CoreArgument[reader.ReadCount()];
                for (int i = 0; i < arguments.Length; i++)
                {
                    string name = ReadName(ref reader);
                    Expect(ref reader, 0x12, "instantiation arg kind");
                    arguments[i] = new CoreArgument(name, ReadIndex(ref reader));
                }

                return new CoreInstanceEntry { Offset = start, Module = module, Arguments = arguments };
            case 1:
                var exports = new CoreInlineExport[reader.ReadCount()];
                for (int i = 0; i < exports.Length; i++)
                {
                    string name = ReadName(ref reader);
                    Sort sort = ReadCoreSort(ref reader, "external kind");
                    exports[i] = sort <= Sort.CoreTag
                        ? new CoreInlineExport(name, new SortIndex(sort, ReadIndex(ref reader)))
                        : throw new MalformedComponentException($"invalid leading byte for external kind: a core instance has no {sort}", reader.Position - 1);
                }

                return new CoreInstanceEntry { Offset = start, Exports = exports };
            default:
                throw Leading(form, "core instance", start);
        }
    }

    private InstanceEntry ReadInstance(ref WasmReader reader)
    {
        int start = reader.Position;
        byte form = reader.ReadByte();
        switch (form)
        {
            case 0:
                int component = ReadIndex(ref reader);
                var arguments = new InstantiationArgument[reader.ReadCount()];
                for (int i = 0; i < arguments.Length; i++)
                {
                    string name = ReadName(ref reader);
                    arguments[i] = new InstantiationArgument(name, ReadSortIndex(ref reader));
                }

                return new InstanceEntry { Offset = start, Component = component, Arguments = arguments };
            case 1:
                var exports = new InlineExport[reader.ReadCount()];
                for (int i = 0; i < exports.Length; i++)
                {
                    ExternName name = ReadExternName(ref reader);
                    exports[i] = new InlineExport(name, ReadSortIndex(ref reader));
                }

                return new InstanceEntry { Offset = start, Exports = exports };
            default:
                throw Leading(form, "instance", start);
        }
    }

    private StartEntry ReadStart(ref WasmReader reader)
    {
        int start = reader.Position;
        int function = ReadIndex(ref reader);
        var arguments = new int[reader.ReadCount()];
        for (int i = 0; i < arguments.Length; i++)
        {
            arguments[i] = ReadIndex(ref reader);
        }

        uint results = reader.ReadVarU32();
        return results <= (uint)_limits.Modules.MaxResults
            ? new StartEntry { Offset = start, Function = function, Arguments = arguments, Results = (int)results }
            : throw new MalformedComponentException($"start function results size is out of bounds: {results}", start);
    }

    private ImportEntry ReadImport(ref WasmReader reader)
    {
        int start = reader.Position;
        ExternName name = ReadExternName(ref reader);
        return new ImportEntry { Offset = start, Name = name, Syntax = ReadExtern(ref reader) };
    }

    private ExportEntry ReadExport(ref WasmReader reader)
    {
        int start = reader.Position;
        ExternName name = ReadExternName(ref reader);
        SortIndex target = ReadSortIndex(ref reader);
        bool isAscribed = ReadFlag(ref reader, "optional component export type");
        return new ExportEntry { Offset = start, Name = name, Target = target, Ascribed = isAscribed ? ReadExtern(ref reader) : null };
    }

    private string ReadName(ref WasmReader reader) => reader.ReadName(_limits.Modules.MaxNameBytes);

    private static int ReadIndex(ref WasmReader reader)
    {
        int start = reader.Position;
        uint index = reader.ReadVarU32();
        return index <= int.MaxValue ? (int)index : throw new InvalidComponentException($"index {index} out of bounds", start);
    }

    private static bool ReadFlag(ref WasmReader reader, string what)
    {
        int start = reader.Position;
        byte flag = reader.ReadByte();
        return flag <= 1 ? flag == 1 : throw Leading(flag, what, start);
    }

    private static void Expect(ref WasmReader reader, byte wanted, string what)
    {
        int start = reader.Position;
        byte found = reader.ReadByte();
        if (found != wanted)
        {
            throw Leading(found, what, start);
        }
    }

    private static MalformedComponentException Leading(byte found, string what, int offset) => new($"invalid leading byte (0x{found:x}) for {what}", offset);
}
