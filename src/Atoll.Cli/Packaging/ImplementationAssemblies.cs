using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Atoll.Cli.Packaging;

/// <summary>The types that assemblies define, by full name.</summary>
internal sealed class ImplementationAssemblies : IDisposable
{
    private readonly List<PEReader> _files = [];
    private readonly Dictionary<string, List<DefinedType>> _types = new(StringComparer.Ordinal);

    /// <summary>Reads assemblies; files without metadata are passed over.</summary>
    public ImplementationAssemblies(IEnumerable<string> paths)
    {
        foreach (string path in paths)
        {
            PEReader file = new(File.OpenRead(path), PEStreamOptions.PrefetchMetadata);
            _files.Add(file);
            if (file.HasMetadata)
            {
                Add(file.GetMetadataReader());
            }
        }
    }

    /// <summary>The types of that name: more than one where assemblies have copies of a source.</summary>
    public IReadOnlyList<DefinedType> Find(string name) => _types.TryGetValue(name, out List<DefinedType>? found) ? found : [];

    public void Dispose() => _files.ForEach(file => file.Dispose());

    private void Add(MetadataReader reader)
    {
        string assembly = reader.GetString(reader.GetAssemblyDefinition().Name);
        foreach (TypeDefinitionHandle handle in reader.TypeDefinitions)
        {
            string name = FullName(reader, handle);
            if (!_types.TryGetValue(name, out List<DefinedType>? all))
            {
                _types[name] = all = [];
            }

            all.Add(new DefinedType(assembly, reader, handle));
        }
    }

    private static string FullName(MetadataReader reader, TypeDefinitionHandle handle)
    {
        TypeDefinition type = reader.GetTypeDefinition(handle);
        string name = reader.GetString(type.Name);
        return !type.GetDeclaringType().IsNil ? $"{FullName(reader, type.GetDeclaringType())}+{name}"
            : type.Namespace.IsNil ? name : $"{reader.GetString(type.Namespace)}.{name}";
    }
}

/// <summary>A type and where it is defined.</summary>
internal sealed record DefinedType(string Assembly, MetadataReader Reader, TypeDefinitionHandle Handle)
{
    /// <summary>How many type parameters it has, those of enclosing types included.</summary>
    public int Arity => Reader.GetTypeDefinition(Handle).GetGenericParameters().Count;

    /// <summary>Its methods with that name and number of parameters which have code.</summary>
    public IEnumerable<MethodDefinition> Methods(string name, int arity, int parameterCount)
    {
        foreach (MethodDefinitionHandle handle in Reader.GetTypeDefinition(Handle).GetMethods())
        {
            MethodDefinition method = Reader.GetMethodDefinition(handle);
            if (method.RelativeVirtualAddress != 0 && Reader.StringComparer.Equals(method.Name, name) && method.GetGenericParameters().Count == arity && Count(method) == parameterCount)
            {
                yield return method;
            }
        }
    }

    private int Count(MethodDefinition method)
    {
        BlobReader blob = Reader.GetBlobReader(method.Signature);
        SignatureHeader header = blob.ReadSignatureHeader();
        if (header.IsGeneric)
        {
            blob.ReadCompressedInteger();
        }

        return blob.ReadCompressedInteger();
    }
}
