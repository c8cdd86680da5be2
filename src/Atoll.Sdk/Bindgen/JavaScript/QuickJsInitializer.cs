using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Components.Validation;
using Atoll.Sdk.Bindgen.JavaScript;
using Atoll.Wasm.Binary;

namespace Atoll.Sdk;

/// <summary>Takes the function out of a component of JavaScript that its making needed, and nobody is to call.</summary>
internal static class QuickJsInitializer
{
    /// <summary>The function's name.</summary>
    public const string Name = "init";

    private const byte AliasSection = 6;
    private const byte ExportSection = 11;

    private static readonly ComponentLoadOptions Options = new() { Features = ComponentFeatures.All };

    // "Binary Format": a list of one alias of a function that an instance exports, 01 01 00 INSTANCE "init"; then a list of one export of it, 01 00 "init" 01 FUNCTION 00.
    private static ReadOnlySpan<byte> AliasStart => [1, 1, 0];

    private static ReadOnlySpan<byte> ExportStart => [1, 0, 4, (byte)'i', (byte)'n', (byte)'i', (byte)'t', 1];

    private static ReadOnlySpan<byte> AliasEnd => [4, (byte)'i', (byte)'n', (byte)'i', (byte)'t'];

    /// <summary>
    /// componentize-qjs runs <c>init</c> before it takes the snapshot, and leaves it exported beside what the world has: a tool that takes a script.
    /// </summary>
    /// <param name="component">The component's bytes.</param>
    /// <returns>The new component; the same bytes if no such export is there in the form that the tool gives it.</returns>
    public static byte[] Hide(byte[] component)
    {
        WasmReader reader = new(component, Sections.PreambleBytes, component.Length);
        byte[] before = [];
        int start = Sections.PreambleBytes;
        while (!reader.AtEnd)
        {
            byte id = reader.ReadByte();
            byte[] content = reader.ReadBytes((int)reader.ReadVarU32()).ToArray();
            if (id == ExportSection && content.AsSpan().StartsWith(ExportStart) && before.AsSpan().StartsWith(AliasStart) && before.AsSpan().EndsWith(AliasEnd))
            {
                // The export is a function of its own in the index space; a second alias takes its place, so that no index behind it changes.
                byte[] changed = [.. component[..start], AliasSection, (byte)before.Length, .. before, .. component[reader.Position..]];
                ComponentLoader.Load(changed, Options);
                return changed;
            }

            before = id == AliasSection && content.Length < 128 ? content : [];
            start = reader.Position;
        }

        return component;
    }
}
