using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Atoll.Cli.Packaging;

/// <summary>
/// Writes which methods the ahead-of-time compiler shall compile, in the form that it reads (<c>--mibc</c>): an assembly whose global method
/// <c>AssemblyDictionary</c> names groups of methods by the assemblies that each needs, and for each group another global method that loads
/// the tokens of the methods.
/// </summary>
internal sealed class StartProfile
{
    private const string Canon = "System.__Canon";

    // The compiler knows the type that stands for all reference types by this assembly, which does not exist.
    private const string CanonAssembly = "System.Private.Canon";

    /// <summary>Bytes of IL up to which the compiler asks for nothing else before it inlines a method.</summary>
    private const int AlwaysInlined = 16;

    private static readonly Dictionary<string, PrimitiveTypeCode> Primitives = new(StringComparer.Ordinal)
    {
        ["bool"] = PrimitiveTypeCode.Boolean, ["char"] = PrimitiveTypeCode.Char, ["byte"] = PrimitiveTypeCode.SByte, ["ubyte"] = PrimitiveTypeCode.Byte,
        ["short"] = PrimitiveTypeCode.Int16, ["ushort"] = PrimitiveTypeCode.UInt16, ["int"] = PrimitiveTypeCode.Int32, ["uint"] = PrimitiveTypeCode.UInt32,
        ["long"] = PrimitiveTypeCode.Int64, ["ulong"] = PrimitiveTypeCode.UInt64, ["nint"] = PrimitiveTypeCode.IntPtr, ["nuint"] = PrimitiveTypeCode.UIntPtr,
        ["float"] = PrimitiveTypeCode.Single, ["double"] = PrimitiveTypeCode.Double,
    };

    private readonly ImplementationAssemblies _assemblies;
    private readonly ReferenceBuilder _references = new();
    private readonly SortedDictionary<string, HashSet<EntityHandle>> _groups = new(StringComparer.Ordinal);

    /// <summary>Makes an empty profile.</summary>
    /// <param name="assemblies">Where the methods are defined.</param>
    public StartProfile(ImplementationAssemblies assemblies) => _assemblies = assemblies;

    /// <summary>How many methods are in it.</summary>
    public int Count => _groups.Values.Sum(group => group.Count);

    /// <summary>Adds all methods that a name may mean; tells whether there is one.</summary>
    public bool Add(CompiledName name)
    {
        int before = Count;
        foreach (DefinedType type in _assemblies.Find(name.Type.Name).Where(type => type.Arity == name.Type.Arguments.Count))
        {
            foreach (MethodDefinition method in type.Methods(name.Name, name.Arguments.Count, name.ParameterCount).Where(method => !IsInlined(name, method)))
            {
                Add(name, type, method);
            }
        }

        return Count > before;
    }

    /// <summary>Writes the profile; equal profiles give equal bytes.</summary>
    public void Write(Stream output)
    {
        MetadataBuilder metadata = _references.Metadata;
        metadata.AddAssembly(metadata.GetOrAddString("profile"), new Version(1, 0, 0, 0), default, default, default, System.Reflection.AssemblyHashAlgorithm.None);
        metadata.AddModule(0, metadata.GetOrAddString("profile.dll"), metadata.GetOrAddGuid(new Guid("6d9c3c35-6c5b-4b55-9e0a-3fb2b0a5a3d1")), default, default);
        metadata.AddTypeDefinition(default, default, metadata.GetOrAddString("<Module>"), default, MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));
        BlobBuilder bodies = new();
        MethodBodyStreamEncoder encoder = new(bodies);
        InstructionEncoder dictionary = new(new BlobBuilder());
        foreach ((string assemblies, HashSet<EntityHandle> methods) in _groups)
        {
            InstructionEncoder group = new(new BlobBuilder());
            foreach (EntityHandle method in methods)
            {
                Load(group, method);
            }

            dictionary.LoadString(metadata.GetOrAddUserString(assemblies));
            Load(dictionary, AddGlobal(metadata, encoder, $"Group{metadata.GetRowCount(TableIndex.MethodDef)}", group));
        }

        AddGlobal(metadata, encoder, "AssemblyDictionary", dictionary);
        ManagedPEBuilder image = new(
            new PEHeaderBuilder(imageCharacteristics: Characteristics.Dll | Characteristics.ExecutableImage), new MetadataRootBuilder(metadata), bodies,
            deterministicIdProvider: _ => new BlobContentId(new Guid("6d9c3c35-6c5b-4b55-9e0a-3fb2b0a5a3d2"), 1));
        BlobBuilder file = new();
        image.Serialize(file);
        file.WriteContentTo(output);

        static void Load(InstructionEncoder code, EntityHandle token)
        {
            code.OpCode(ILOpCode.Ldtoken);
            code.Token(token);
            code.OpCode(ILOpCode.Pop);
        }
    }

    private static MethodDefinitionHandle AddGlobal(MetadataBuilder metadata, MethodBodyStreamEncoder encoder, string name, InstructionEncoder code)
    {
        code.OpCode(ILOpCode.Ret);
        BlobBuilder signature = new();
        new BlobEncoder(signature).MethodSignature().Parameters(0, type => type.Void(), _ => { });
        return metadata.AddMethodDefinition(
            System.Reflection.MethodAttributes.Public | System.Reflection.MethodAttributes.Static, System.Reflection.MethodImplAttributes.IL,
            metadata.GetOrAddString(name), metadata.GetOrAddBlob(signature), encoder.AddMethodBody(code), MetadataTokens.ParameterHandle(1));
    }

    // Code that calls so small a method has it inside, unless it is called through a table or a delegate (as what lambdas become are, whose names begin so).
    private static bool IsInlined(CompiledName name, MethodDefinition method)
        => name.Size <= AlwaysInlined && (method.Attributes & System.Reflection.MethodAttributes.Virtual) == 0 && name.Name is not ['<', ..] and not ".cctor";

    private void Add(CompiledName name, DefinedType type, MethodDefinition method)
    {
        SortedSet<string> needed = new(StringComparer.Ordinal);
        if (Encode(type, name.Type.Arguments, needed) is not { } owner || _references.CopySignature(type, method.Signature) is not { } signature)
        {
            return;
        }

        EntityHandle token = _references.Member(owner, type.Reader.GetString(method.Name), signature);
        if (name.Arguments.Count > 0)
        {
            BlobBuilder instantiation = new();
            GenericTypeArgumentsEncoder arguments = new BlobEncoder(instantiation).MethodSpecificationSignature(name.Arguments.Count);
            if (!name.Arguments.All(argument => Encode(argument, arguments.AddArgument(), needed)))
            {
                return;
            }

            token = _references.Specification(token, instantiation);
        }

        needed.Remove(type.Assembly);
        string key = string.Concat(needed.Prepend(type.Assembly).Select(assembly => assembly + ";"));
        if (!_groups.TryGetValue(key, out HashSet<EntityHandle>? group))
        {
            _groups[key] = group = [];
        }

        group.Add(token);
    }

    private EntityHandle? Encode(DefinedType type, IReadOnlyList<CompiledType> arguments, SortedSet<string> needed)
    {
        EntityHandle reference = _references.Type(type.Reader, type.Assembly, type.Handle);
        if (arguments.Count == 0)
        {
            return reference;
        }

        BlobBuilder blob = new();
        return Encode(type, reference, arguments, new BlobEncoder(blob).TypeSpecificationSignature(), needed) ? _references.Type(blob) : null;
    }

    private bool Encode(DefinedType type, EntityHandle reference, IReadOnlyList<CompiledType> arguments, SignatureTypeEncoder encoder, SortedSet<string> needed)
    {
        GenericTypeArgumentsEncoder list = encoder.GenericInstantiation(reference, arguments.Count, ReferenceBuilder.IsValueType(type));
        return arguments.All(argument => Encode(argument, list.AddArgument(), needed));
    }

    private bool Encode(CompiledType type, SignatureTypeEncoder encoder, SortedSet<string> needed)
    {
        if (type.Name == Canon)
        {
            encoder.Type(_references.Type(CanonAssembly, "System", "__Canon"), isValueType: false);
            return true;
        }

        if (Primitives.TryGetValue(type.Name, out PrimitiveTypeCode primitive))
        {
            encoder.PrimitiveType(primitive);
            return true;
        }

        if (_assemblies.Find(type.Name).FirstOrDefault(found => found.Arity == type.Arguments.Count) is not { } defined)
        {
            return false;
        }

        needed.Add(defined.Assembly);
        EntityHandle reference = _references.Type(defined.Reader, defined.Assembly, defined.Handle);
        if (type.Arguments.Count > 0)
        {
            return Encode(defined, reference, type.Arguments, encoder, needed);
        }

        encoder.Type(reference, ReferenceBuilder.IsValueType(defined));
        return true;
    }
}
