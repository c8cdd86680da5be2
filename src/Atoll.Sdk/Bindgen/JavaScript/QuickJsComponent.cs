using System.Text;
using Atoll.Components;
using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Components.Validation;
using Atoll.Sdk.Bindgen.JavaScript;
using Atoll.Wasm;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Text;

namespace Atoll.Sdk;

/// <summary>Components that hold QuickJS, as jco's componentizer (componentize-qjs) makes them.</summary>
public static class QuickJsComponent
{
    private const string Realloc = "cabi_realloc";
    private const string Free = "wit_dylib_dealloc_bytes";
    private const string PushString = "wit_dylib_push_string";
    private const string PopString = "wit_dylib_pop_string";
    private const string Mark = "atoll-exact-integers";
    private const int MaxDepth = 16;

    private static readonly ComponentLoadOptions Options = new() { Features = ComponentFeatures.All };
    private static readonly string[] Pushes = ["wit_dylib_push_u64", "wit_dylib_push_s64"];
    private static readonly string[] Pops = ["wit_dylib_pop_u64", "wit_dylib_pop_s64"];

    /// <summary>
    /// Makes 64-bit integers exact. QuickJS has integers of a component as doubles, which are wrong beyond 2^53; after this they go in and out as text, and the
    /// modules that <c>atoll bindgen js</c> and <c>ts</c> write make <c>bigint</c> of that. JavaScript without these modules gets the text.
    /// </summary>
    /// <param name="component">The component's bytes.</param>
    /// <returns>The new component; the same bytes if it was changed already.</returns>
    /// <exception cref="ComponentWritingException">It has no QuickJS of a known form in it.</exception>
    /// <exception cref="MalformedComponentException">It is no component.</exception>
    /// <exception cref="MalformedModuleException">A module in it is malformed.</exception>
    public static byte[] WithExactIntegers(ReadOnlyMemory<byte> component)
    {
        byte[] bytes = component.ToArray();
        ComponentLoader.Load(bytes, Options);
        int found = 0;
        byte[] changed = Rewrite(bytes, 0, ref found);
        if (found == 0)
        {
            throw new ComponentWritingException(
                "the component holds no QuickJS whose 64-bit integers are passed in a known way. Make it with componentize-qjs 0.4 (`jco componentize --backend qjs`).");
        }

        ComponentLoader.Load(changed, Options);
        return changed;
    }

    private static byte[] Rewrite(byte[] bytes, int depth, ref int found)
    {
        const byte CoreModule = 1;
        const byte Nested = 4;
        int here = 0;
        ByteBuffer output = Sections.Map(bytes, (id, content) => id switch
        {
            CoreModule when Changed(content) is { } module => Count(module, ref here),
            Nested when depth < MaxDepth => Rewrite(content, depth + 1, ref here),
            _ => content,
        });
        found += here;
        return output.ToArray();
    }

    private static byte[] Count(byte[] module, ref int found)
    {
        found++;
        return module;
    }

    // The runtime with two more functions in place of four; null if the module is not the runtime.
    private static byte[]? Changed(byte[] bytes)
    {
        if (bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(PushString)) < 0)
        {
            return null;
        }

        ModuleDefinition module = ModuleDecoder.Decode(bytes, ModuleLimits.Default, WasmFeatures.All);
        if (module.CustomSections.Any(section => section.Name == Mark))
        {
            return bytes;
        }

        Dictionary<string, int> functions =
            module.Exports.Where(export => export.Kind == ExternKind.Function).ToDictionary(export => export.Name, export => export.Index);
        if (!((string[])[Realloc, Free, PushString, PopString, .. Pushes, .. Pops]).All(functions.ContainsKey))
        {
            return null;
        }

        ModuleChange change = new(bytes, module);
        int push = change.AddFunction(module.Functions[functions[Pushes[0]]], PushBody(functions));
        int pop = change.AddFunction(module.Functions[functions[Pops[0]]], PopBody(functions));
        foreach (string name in Pushes)
        {
            change.Exports[name] = push;
        }

        foreach (string name in Pops)
        {
            change.Exports[name] = pop;
        }

        change.Mark = Mark;
        return change.ToBytes();
    }

    // (context, x): 0x and 16 digits, in memory that the string takes over.
    private static byte[] PushBody(Dictionary<string, int> functions)
    {
        const byte Context = 0, Value = 1, Text = 2, At = 3, Digit = 4;
        CodeWriter code = new((3, CodeWriter.I32));
        code.I32Const(0).I32Const(0).I32Const(1).I32Const(18).Call(functions[Realloc]).Set(Text);
        code.Get(Text).I32Const(0x7830).Bytes(0x3B, 0, 0);
        code.I32Const(17).Set(At).Bytes(0x03, 0x40);
        code.Get(Value).I64Const(15).Bytes(0x83, 0xA7).Set(Digit);
        code.Get(Text).Get(At).Bytes(0x6A);
        code.Get(Digit).I32Const('a' - 10).I32Const('0').Get(Digit).I32Const(9).Bytes(0x4B, 0x1B, 0x6A, 0x3A, 0, 0);
        code.Get(Value).I64Const(4).Bytes(0x88).Set(Value);
        code.Get(At).I32Const(1).Bytes(0x6B).Set(At);
        code.Get(At).I32Const(1).Bytes(0x4B, 0x0D, 0, 0x0B);
        code.Get(Context).Get(Text).I32Const(18).Call(functions[PushString]);
        return code.End();
    }

    // (context) → x: up to 16 digits, without 0x; anything else traps.
    private static byte[] PopBody(Dictionary<string, int> functions)
    {
        const byte Context = 0, Place = 1, Text = 2, Left = 3, Digit = 4, Value = 5;
        CodeWriter code = new((4, CodeWriter.I32), (1, CodeWriter.I64));
        code.I32Const(0).I32Const(0).I32Const(4).I32Const(4).Call(functions[Realloc]).Set(Place);
        code.Get(Context).Get(Place).Call(functions[PopString]).Set(Left);
        code.Get(Place).Bytes(0x28, 2, 0).Set(Text);
        code.Get(Context).Get(Place).I32Const(4).I32Const(4).I32Const(0).Call(functions[Free]);
        code.Get(Left).I32Const(1).Bytes(0x6B).I32Const(15).Bytes(0x4B, 0x04, 0x40, 0x00, 0x0B);
        code.Bytes(0x03, 0x40);
        code.Get(Text).Bytes(0x2D, 0, 0).Set(Digit);
        code.Get(Digit).I32Const('a' - 10).I32Const('0').Get(Digit).I32Const('a').Bytes(0x4F, 0x1B, 0x6B).Set(Digit);
        code.Get(Digit).I32Const(15).Bytes(0x4B, 0x04, 0x40, 0x00, 0x0B);
        code.Get(Value).I64Const(4).Bytes(0x86).Get(Digit).Bytes(0xAD, 0x84).Set(Value);
        code.Get(Text).I32Const(1).Bytes(0x6A).Set(Text);
        code.Get(Left).I32Const(1).Bytes(0x6B, 0x22, Left, 0x0D, 0, 0x0B);
        code.Get(Value);
        return code.End();
    }
}
