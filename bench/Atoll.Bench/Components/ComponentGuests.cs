using System.Text;
using Atoll.Components;
using Atoll.Components.Text;
using Atoll.Components.Types;
using Atoll.Wasm.Text;

namespace Atoll.Bench;

/// <summary>A record of the sample components (<c>demo:guest/types#point</c>).</summary>
/// <param name="X">Horizontal.</param>
/// <param name="Y">Vertical.</param>
/// <param name="Label">Its name.</param>
public readonly record struct Point(int X, int Y, string Label);

/// <summary>The components that are measured, and what they import.</summary>
internal static class ComponentGuests
{
    public const string Api = "demo:guest/api@0.1.0#";

    private const string Host = "demo:guest/host@0.1.0";

    /// <summary>Gives back the list that it was given, without a look at it: what is measured is how lists pass.</summary>
    private const string Mirror = """
        (component
          (core module $m
            (memory (export "memory") 2)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
            (func (export "bytes") (param i32 i32) (result i32)
              (i32.store (i32.const 16) (local.get 0))
              (i32.store (i32.const 20) (local.get 1))
              (i32.const 16)))
          (core instance $i (instantiate $m))
          (func (export "bytes") (param "b" (list u8)) (result (list u8))
            (canon lift (core func $i "bytes") (memory $i "memory") (realloc (func $i "realloc"))))
          (func (export "text") (param "s" string) (result string)
            (canon lift (core func $i "bytes") (memory $i "memory") (realloc (func $i "realloc")))))
        """;

    /// <summary>A component that hands lists and strings back, in the binary format.</summary>
    public static byte[] MirrorBytes => Assemble(Mirror);

    /// <summary>The binary of a component's text.</summary>
    public static byte[] Assemble(string text) => ComponentText.Assemble(TextSource.Read(Encoding.UTF8.GetBytes(text)));

    /// <summary>Reads a sample component, which lie beside the conformance suites.</summary>
    /// <exception cref="InvalidOperationException">It is not there.</exception>
    public static byte[] Read(string name)
    {
        string file = PathOf(name);
        return File.Exists(file) ? File.ReadAllBytes(file) : throw new InvalidOperationException($"the sample component {file} is not there");
    }

    public static string PathOf(string name) => Path.GetFullPath(Path.Combine(ConformanceData.Root, "..", "guests", "wasm", name));

    /// <summary>The imports of the component that calls its host.</summary>
    public static ComponentLinker Hosted()
    {
        ComponentLinker linker = new();
        ComponentLinkerInstance host = linker.Instance(Host);
        HostResourceType counter = host.DefineResource("counter");
        host.DefineFunction("add", (uint a, uint b) => a + b)
            .DefineFunction("log", (string _) => { })
            .DefineFunction("lookup", (string key) => key)
            .DefineFunction("fail", (string message) => Result<uint, string>.Fail(message))
            .DefineFunction("[constructor]counter", (uint start) => counter.New(start))
            .DefineFunction("[method]counter.inc", (ComponentResource _, uint by) => by)
            .DefineFunction("origin", () => new Point(0, 0, "origin"));
        return linker;
    }

    /// <summary>Satisfies whatever a component imports with functions that are never called.</summary>
    public static ComponentLinker Stubs(Component component)
    {
        ComponentLinker linker = new();
        HashSet<ResourceIdentity> known = new(ReferenceEqualityComparer.Instance);
        foreach (ComponentItem import in component.Type.Imports)
        {
            if (import.Type.Type is not InstanceType instance)
            {
                throw new InvalidOperationException($"the import {import.Name} is no instance");
            }

            ComponentLinkerInstance definitions = linker.Instance(import.Name);
            foreach (ComponentItem export in instance.Exports)
            {
                switch (export.Type.Type)
                {
                    case ComponentFunctionType:
                        definitions.DefineFunction(export.Name, Refuse);
                        break;
                    case ResourceType resource when known.Add(resource.Identity):
                        definitions.DefineResource(export.Name);
                        break;
                }
            }
        }

        return linker;

        static ComponentValue? Refuse(ReadOnlySpan<ComponentValue> arguments) => throw new NotSupportedException("a stub was called");
    }
}
