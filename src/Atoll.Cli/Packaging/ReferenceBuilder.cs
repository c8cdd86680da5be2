using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Atoll.Cli.Packaging;

/// <summary>Writes references to types and methods of other assemblies into new metadata, each once.</summary>
internal sealed class ReferenceBuilder
{
    private readonly Dictionary<string, AssemblyReferenceHandle> _assemblies = new(StringComparer.Ordinal);
    private readonly Dictionary<(EntityHandle Scope, string Namespace, string Name), EntityHandle> _types = [];
    private readonly Dictionary<BlobHandle, EntityHandle> _specifications = [];
    private readonly Dictionary<(EntityHandle Owner, string Name, BlobHandle Signature), EntityHandle> _members = [];
    private readonly Dictionary<(EntityHandle Method, BlobHandle Arguments), EntityHandle> _methods = [];

    public MetadataBuilder Metadata { get; } = new();

    /// <summary>A type by assembly and name.</summary>
    public EntityHandle Type(string assembly, string nameSpace, string name) => Type(Assembly(assembly), nameSpace, name);

    /// <summary>A type that an assembly defines.</summary>
    public EntityHandle Type(MetadataReader reader, string assembly, TypeDefinitionHandle handle)
    {
        TypeDefinition type = reader.GetTypeDefinition(handle);
        EntityHandle scope = type.GetDeclaringType().IsNil ? Assembly(assembly) : Type(reader, assembly, type.GetDeclaringType());
        return Type(scope, reader.GetString(type.Namespace), reader.GetString(type.Name));
    }

    /// <summary>A type by its signature.</summary>
    public EntityHandle Type(BlobBuilder signature) => Once(_specifications, Metadata.GetOrAddBlob(signature), blob => (EntityHandle)Metadata.AddTypeSpecification(blob));

    /// <summary>A method of a type.</summary>
    public EntityHandle Member(EntityHandle owner, string name, BlobBuilder signature)
        => Once(_members, (Owner: owner, Name: name, Signature: Metadata.GetOrAddBlob(signature)), key => (EntityHandle)Metadata.AddMemberReference(key.Owner, Metadata.GetOrAddString(key.Name), key.Signature));

    /// <summary>A generic method with its arguments.</summary>
    public EntityHandle Specification(EntityHandle method, BlobBuilder arguments)
        => Once(_methods, (Method: method, Arguments: Metadata.GetOrAddBlob(arguments)), key => (EntityHandle)Metadata.AddMethodSpecification(key.Method, key.Arguments));

    /// <summary>The signature of a method in terms of this metadata (ECMA-335 II.23.2); null when it needs what is not copied here.</summary>
    public BlobBuilder? CopySignature(DefinedType owner, BlobHandle signature)
    {
        BlobReader from = owner.Reader.GetBlobReader(signature);
        BlobBuilder to = new();
        return CopyMethod(owner, ref from, to) ? to : null;
    }

    /// <summary>Whether signatures name a type as a value: its base says so.</summary>
    public static bool IsValueType(DefinedType type)
    {
        MetadataReader reader = type.Reader;
        EntityHandle handle = reader.GetTypeDefinition(type.Handle).BaseType;
        if (handle.IsNil)
        {
            return false;
        }

        (StringHandle nameSpace, StringHandle name) = handle.Kind switch
        {
            HandleKind.TypeReference => (reader.GetTypeReference((TypeReferenceHandle)handle).Namespace, reader.GetTypeReference((TypeReferenceHandle)handle).Name),
            HandleKind.TypeDefinition => (reader.GetTypeDefinition((TypeDefinitionHandle)handle).Namespace, reader.GetTypeDefinition((TypeDefinitionHandle)handle).Name),
            _ => default,
        };
        return reader.StringComparer.Equals(nameSpace, "System") && (reader.StringComparer.Equals(name, "ValueType") || reader.StringComparer.Equals(name, "Enum"));
    }

    private static EntityHandle Once<TKey>(Dictionary<TKey, EntityHandle> all, TKey key, Func<TKey, EntityHandle> add)
        where TKey : notnull
        => all.TryGetValue(key, out EntityHandle known) ? known : all[key] = add(key);

    private EntityHandle Type(EntityHandle scope, string nameSpace, string name)
        => _types.TryGetValue((scope, nameSpace, name), out EntityHandle known) ? known
            : _types[(scope, nameSpace, name)] = Metadata.AddTypeReference(scope, Metadata.GetOrAddString(nameSpace), Metadata.GetOrAddString(name));

    private AssemblyReferenceHandle Assembly(string name)
        => _assemblies.TryGetValue(name, out AssemblyReferenceHandle known) ? known
            : _assemblies[name] = Metadata.AddAssemblyReference(Metadata.GetOrAddString(name), new Version(0, 0, 0, 0), default, default, default, default);

    private bool CopyMethod(DefinedType owner, ref BlobReader from, BlobBuilder to)
    {
        SignatureHeader header = from.ReadSignatureHeader();
        to.WriteByte(header.RawValue);
        if (header.IsGeneric)
        {
            to.WriteCompressedInteger(from.ReadCompressedInteger());
        }

        int parameters = from.ReadCompressedInteger();
        to.WriteCompressedInteger(parameters);
        return CopyTypes(owner, ref from, to, parameters + 1);
    }

    private bool CopyTypes(DefinedType owner, ref BlobReader from, BlobBuilder to, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (!CopyType(owner, ref from, to))
            {
                return false;
            }
        }

        return true;
    }

    private bool CopyType(DefinedType owner, ref BlobReader from, BlobBuilder to)
    {
        byte code = from.ReadByte();
        to.WriteByte(code);
        switch ((SignatureTypeCode)code)
        {
            case SignatureTypeCode.Pointer or SignatureTypeCode.ByReference or SignatureTypeCode.SZArray or SignatureTypeCode.Pinned or SignatureTypeCode.Sentinel:
                return CopyType(owner, ref from, to);
            case SignatureTypeCode.RequiredModifier or SignatureTypeCode.OptionalModifier:
                return CopyToken(owner, ref from, to) && CopyType(owner, ref from, to);
            case SignatureTypeCode.GenericTypeParameter or SignatureTypeCode.GenericMethodParameter:
                to.WriteCompressedInteger(from.ReadCompressedInteger());
                return true;
            case SignatureTypeCode.GenericTypeInstance:
                to.WriteByte(from.ReadByte());
                if (!CopyToken(owner, ref from, to))
                {
                    return false;
                }

                int arguments = from.ReadCompressedInteger();
                to.WriteCompressedInteger(arguments);
                return CopyTypes(owner, ref from, to, arguments);
            case SignatureTypeCode.FunctionPointer:
                return CopyMethod(owner, ref from, to);
            case SignatureTypeCode.Array:
                return false; // arrays of several dimensions: nothing that runs at the start takes one
            default:
                return (SignatureTypeKind)code is not (SignatureTypeKind.Class or SignatureTypeKind.ValueType) || CopyToken(owner, ref from, to);
        }
    }

    private bool CopyToken(DefinedType owner, ref BlobReader from, BlobBuilder to)
    {
        if (Copy(owner, from.ReadTypeHandle()) is not { } handle)
        {
            return false;
        }

        to.WriteCompressedInteger(CodedIndex.TypeDefOrRefOrSpec(handle));
        return true;
    }

    private EntityHandle? Copy(DefinedType owner, EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                return Type(owner.Reader, owner.Assembly, (TypeDefinitionHandle)handle);
            case HandleKind.TypeReference:
                TypeReference type = owner.Reader.GetTypeReference((TypeReferenceHandle)handle);
                EntityHandle? scope = type.ResolutionScope.Kind switch
                {
                    HandleKind.AssemblyReference => Assembly(owner.Reader.GetString(owner.Reader.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name)),
                    HandleKind.TypeReference => Copy(owner, type.ResolutionScope),
                    _ => null,
                };
                return scope is { } found ? Type(found, owner.Reader.GetString(type.Namespace), owner.Reader.GetString(type.Name)) : null;
            default:
                return null;
        }
    }
}
