using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.Intrinsics;

namespace Atoll.Wasm.Compilation;

/// <summary>
/// The .NET assembly that a module becomes, under construction: one class, derived from the engine's context class, with a field for
/// each piece of instance state and a static method for each function. Written with System.Reflection.Metadata rather than
/// Reflection.Emit: method tokens are known before any body exists, the IL is ours to the byte, and the same image can be kept on disk.
/// </summary>
internal sealed class ModuleAssembly
{
    /// <summary>The name for which Atoll.Wasm opens its internals.</summary>
    public const string AssemblyName = "Atoll.Generated";

    private readonly MetadataBuilder _metadata = new();
    private readonly MethodBodyStreamEncoder _bodies;
    private readonly BlobBuilder _il = new();
    private readonly Dictionary<Assembly, AssemblyReferenceHandle> _assemblies = [];
    private readonly Dictionary<Type, EntityHandle> _types = [];
    private readonly Dictionary<MemberInfo, int> _members = [];
    private readonly Dictionary<(FunctionType Type, bool), int> _callSites = [];
    private readonly List<(string Name, BlobHandle Signature)> _fields = [];
    private readonly List<Method> _methods = [];
    private readonly Type _baseType;

    private readonly record struct Method(string Name, MethodAttributes Attributes, MethodImplAttributes Impl, BlobHandle Signature, int Body);

    /// <param name="baseType">Base of the class.</param>
    /// <param name="version">Identity of the image: the same module gives the same image.</param>
    public ModuleAssembly(Type baseType, Guid version)
    {
        _baseType = baseType;
        _bodies = new MethodBodyStreamEncoder(_il);
        _metadata.AddModule(0, _metadata.GetOrAddString(AssemblyName + ".dll"), _metadata.GetOrAddGuid(version), default, default);
        _metadata.AddAssembly(_metadata.GetOrAddString(AssemblyName), new Version(1, 0, 0, 0), default, default, 0, AssemblyHashAlgorithm.None);
    }

    /// <summary>Token of field number <paramref name="index"/> of the class.</summary>
    public static int FieldToken(int index) => 0x04000001 + index;

    /// <summary>Token of method number <paramref name="index"/> of the class.</summary>
    public static int MethodToken(int index) => 0x06000001 + index;

    public int AddField(string name, ValueType type) => AddField(name, s => EncodeType(s, type));

    public int AddField(string name, Type type) => AddField(name, s => EncodeType(s, type));

    private int AddField(string name, Action<SignatureTypeEncoder> encode)
    {
        BlobBuilder blob = new(8);
        encode(new BlobEncoder(blob).Field().Type());
        _fields.Add((name, _metadata.GetOrAddBlob(blob)));
        return FieldToken(_fields.Count - 1);
    }

    /// <summary>Adds the next method; returns its token.</summary>
    public int AddMethod(string name, MethodAttributes attributes, MethodImplAttributes impl, BlobHandle signature, ReadOnlySpan<byte> il, int maxStack, StandaloneSignatureHandle locals, bool initLocals,
        IlBuffer.HandlerOffsets[]? handlers = null)
    {
        handlers ??= [];
        MethodBodyStreamEncoder.MethodBody body = _bodies.AddMethodBody(
            il.Length, maxStack, handlers.Length, hasSmallExceptionRegions: false, locals,
            initLocals ? MethodBodyAttributes.InitLocals : MethodBodyAttributes.None);
        new BlobWriter(body.Instructions).WriteBytes(il.ToArray());
        ExceptionRegionEncoder regions = body.ExceptionRegions;
        foreach (IlBuffer.HandlerOffsets handler in handlers)
        {
            regions.AddFilter(handler.Try, handler.TryEnd - handler.Try, handler.Handler, handler.HandlerEnd - handler.Handler, handler.Filter);
        }

        _methods.Add(new Method(name, attributes, impl, signature, body.Offset));
        return MethodToken(_methods.Count - 1);
    }

    /// <summary>Signature of a compiled function: parameters, a by-reference slot for each result but the first, the context.</summary>
    public BlobHandle FunctionSignature(FunctionType type) => _metadata.GetOrAddBlob(FunctionSignatureBlob(type, callSite: false));

    /// <summary>Token of the call-site signature for an indirect call of a function of this type.</summary>
    public int CallSite(FunctionType type)
    {
        if (!_callSites.TryGetValue((type, true), out int token))
        {
            StandaloneSignatureHandle handle = _metadata.AddStandaloneSignature(_metadata.GetOrAddBlob(FunctionSignatureBlob(type, callSite: true)));
            token = MetadataTokens.GetToken(handle);
            _callSites.Add((type, true), token);
        }

        return token;
    }

    private static int Extra(VariablePlacement? placement) => placement is null ? 0 : placement.Parameters.Count + (placement.FrameParameter >= 0 ? 1 : 0);

    /// <summary>The same with more parameters at the end.</summary>
    public BlobHandle FunctionSignature(FunctionType type, VariablePlacement placement) => _metadata.GetOrAddBlob(FunctionSignatureBlob(type, callSite: false, placement));

    private BlobBuilder FunctionSignatureBlob(FunctionType type, bool callSite, VariablePlacement? placement = null)
    {
        BlobBuilder blob = new();
        int outs = Math.Max(0, type.Results.Length - 1);
        new BlobEncoder(blob).MethodSignature().Parameters(type.Parameters.Length + outs + 1 + Extra(placement), out ReturnTypeEncoder result, out ParametersEncoder parameters);
        if (type.Results.IsEmpty)
        {
            result.Void();
        }
        else
        {
            EncodeType(result.Type(), type.Results[0]);
        }

        foreach (ValueType parameter in type.Parameters)
        {
            EncodeType(parameters.AddParameter().Type(), parameter);
        }

        for (int i = 1; i < type.Results.Length; i++)
        {
            EncodeType(parameters.AddParameter().Type(isByRef: true), type.Results[i]);
        }

        // A call site does not know whose context it passes; the callee does.
        SignatureTypeEncoder context = parameters.AddParameter().Type();
        if (callSite)
        {
            context.Object();
        }
        else
        {
            context.Type(ContextType, isValueType: false);
        }

        foreach (LocalKind kind in placement?.Parameters ?? [])
        {
            EncodeKind(parameters.AddParameter().Type(), kind);
        }

        if (placement?.FrameParameter >= 0)
        {
            EncodeType(parameters.AddParameter().Type(isByRef: true), typeof(Execution.GiantFrame));
        }

        return blob;
    }

    /// <summary>The class under construction: the second type definition, behind <c>&lt;Module&gt;</c>.</summary>
    private static TypeDefinitionHandle ContextType => MetadataTokens.TypeDefinitionHandle(2);

    public StandaloneSignatureHandle LocalsSignature(List<LocalKind> locals)
    {
        if (locals.Count == 0)
        {
            return default;
        }

        BlobBuilder blob = new(locals.Count + 8);
        LocalVariablesEncoder encoder = new BlobEncoder(blob).LocalVariableSignature(locals.Count);
        foreach (LocalKind local in locals)
        {
            EncodeKind(encoder.AddVariable().Type(), local);
        }

        return _metadata.AddStandaloneSignature(_metadata.GetOrAddBlob(blob));
    }

    /// <summary>Signature of one local.</summary>
    public StandaloneSignatureHandle LocalSignature(Type type)
    {
        BlobBuilder blob = new(8);
        EncodeType(new BlobEncoder(blob).LocalVariableSignature(1).AddVariable().Type(), type);
        return _metadata.AddStandaloneSignature(_metadata.GetOrAddBlob(blob));
    }

    private void EncodeKind(SignatureTypeEncoder type, LocalKind kind)
    {
        switch (kind)
        {
            case LocalKind.I32: type.Int32(); break;
            case LocalKind.I64: type.Int64(); break;
            case LocalKind.F32: type.Single(); break;
            case LocalKind.F64: type.Double(); break;
            case LocalKind.V128: EncodeType(type, typeof(Vector128<byte>)); break;
            case LocalKind.Pointer: type.IntPtr(); break;
            default: type.Object(); break;
        }
    }

    public BlobHandle MethodSignature(bool isInstance, Type? returnType, params ReadOnlySpan<Type> parameterTypes)
    {
        BlobBuilder blob = new();
        new BlobEncoder(blob).MethodSignature(isInstanceMethod: isInstance).Parameters(parameterTypes.Length, out ReturnTypeEncoder result, out ParametersEncoder parameters);
        if (returnType is null || returnType == typeof(void))
        {
            result.Void();
        }
        else
        {
            EncodeType(result.Type(), returnType);
        }

        foreach (Type parameter in parameterTypes)
        {
            EncodeType(parameters.AddParameter().Type(isByRef: parameter.IsByRef), parameter.IsByRef ? parameter.GetElementType()! : parameter);
        }

        return _metadata.GetOrAddBlob(blob);
    }

    /// <summary>Token of a method or constructor of another assembly (not generic).</summary>
    public int Token(MethodBase method)
    {
        if (_members.TryGetValue(method, out int token))
        {
            return token;
        }

        ParameterInfo[] parameters = method.GetParameters();
        Type[] types = Array.ConvertAll(parameters, p => p.ParameterType);
        BlobHandle signature = MethodSignature(!method.IsStatic, (method as MethodInfo)?.ReturnType, types);
        token = MetadataTokens.GetToken(_metadata.AddMemberReference(TypeHandle(method.DeclaringType!), _metadata.GetOrAddString(method.Name), signature));
        _members.Add(method, token);
        return token;
    }

    /// <summary>Token of a field of another assembly.</summary>
    public int Token(FieldInfo field)
    {
        if (_members.TryGetValue(field, out int token))
        {
            return token;
        }

        BlobBuilder blob = new(8);
        EncodeType(new BlobEncoder(blob).Field().Type(), field.FieldType);
        token = MetadataTokens.GetToken(_metadata.AddMemberReference(TypeHandle(field.DeclaringType!), _metadata.GetOrAddString(field.Name), _metadata.GetOrAddBlob(blob)));
        _members.Add(field, token);
        return token;
    }

    /// <summary>Token of a type of another assembly.</summary>
    public int TypeToken(Type type) => MetadataTokens.GetToken(TypeHandle(type));

    /// <summary>Writes the image.</summary>
    public byte[] Build()
    {
        _metadata.AddTypeDefinition(default, default, _metadata.GetOrAddString("<Module>"), default, MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));
        _metadata.AddTypeDefinition(
            TypeAttributes.Public | TypeAttributes.Sealed | TypeAttributes.BeforeFieldInit, default, _metadata.GetOrAddString("Context"),
            TypeHandle(_baseType), MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));
        foreach ((string name, BlobHandle signature) in _fields)
        {
            _metadata.AddFieldDefinition(FieldAttributes.Public, _metadata.GetOrAddString(name), signature);
        }

        foreach (Method method in _methods)
        {
            _metadata.AddMethodDefinition(method.Attributes, method.Impl, _metadata.GetOrAddString(method.Name), method.Signature, method.Body, default);
        }

        BlobBuilder image = new();
        new ManagedPEBuilder(PEHeaderBuilder.CreateLibraryHeader(), new MetadataRootBuilder(_metadata, suppressValidation: true), _il).Serialize(image);
        return image.ToArray();
    }

    private EntityHandle TypeHandle(Type type)
    {
        if (_types.TryGetValue(type, out EntityHandle handle))
        {
            return handle;
        }

        if (type.IsConstructedGenericType)
        {
            BlobBuilder blob = new();
            EncodeType(new BlobEncoder(blob).TypeSpecificationSignature(), type);
            handle = _metadata.AddTypeSpecification(_metadata.GetOrAddBlob(blob));
        }
        else
        {
            EntityHandle scope = type.DeclaringType is { } outer ? TypeHandle(outer) : AssemblyHandle(type.Assembly);
            handle = _metadata.AddTypeReference(scope, type.IsNested ? default : _metadata.GetOrAddString(type.Namespace ?? ""), _metadata.GetOrAddString(type.Name));
        }

        _types.Add(type, handle);
        return handle;
    }

    private AssemblyReferenceHandle AssemblyHandle(Assembly assembly)
    {
        if (!_assemblies.TryGetValue(assembly, out AssemblyReferenceHandle handle))
        {
            AssemblyName name = assembly.GetName();
            BlobHandle key = name.GetPublicKeyToken() is { Length: > 0 } token ? _metadata.GetOrAddBlob(token) : default;
            handle = _metadata.AddAssemblyReference(_metadata.GetOrAddString(name.Name!), name.Version!, default, key, 0, default);
            _assemblies.Add(assembly, handle);
        }

        return handle;
    }

    private void EncodeType(SignatureTypeEncoder encoder, ValueType type)
    {
        switch (LocalKinds.Of(type))
        {
            case LocalKind.I32: encoder.Int32(); break;
            case LocalKind.I64: encoder.Int64(); break;
            case LocalKind.F32: encoder.Single(); break;
            case LocalKind.F64: encoder.Double(); break;
            case LocalKind.V128: EncodeType(encoder, typeof(Vector128<byte>)); break;
            default: encoder.Object(); break;
        }
    }

    private void EncodeType(SignatureTypeEncoder encoder, Type type)
    {
        if (type.IsPointer)
        {
            EncodePointer(encoder, type);
        }
        else if (type.IsArray)
        {
            EncodeType(encoder.SZArray(), type.GetElementType()!);
        }
        else if (type.IsConstructedGenericType)
        {
            Type[] arguments = type.GetGenericArguments();
            GenericTypeArgumentsEncoder generic = encoder.GenericInstantiation(TypeHandle(type.GetGenericTypeDefinition()), arguments.Length, type.IsValueType);
            foreach (Type argument in arguments)
            {
                EncodeType(generic.AddArgument(), argument);
            }
        }
        else if (!EncodePrimitive(encoder, type))
        {
            encoder.Type(TypeHandle(type), type.IsValueType);
        }
    }

    private void EncodePointer(SignatureTypeEncoder encoder, Type type)
    {
        if (type.GetElementType() == typeof(void))
        {
            encoder.VoidPointer();
        }
        else
        {
            EncodeType(encoder.Pointer(), type.GetElementType()!);
        }
    }

    private static bool EncodePrimitive(SignatureTypeEncoder encoder, Type type)
    {
        switch (Type.GetTypeCode(type))
        {
            case TypeCode.Boolean: encoder.Boolean(); return true;
            case TypeCode.Byte: encoder.Byte(); return true;
            case TypeCode.Int16: encoder.Int16(); return true;
            case TypeCode.Int32: encoder.Int32(); return true;
            case TypeCode.UInt32: encoder.UInt32(); return true;
            case TypeCode.Int64: encoder.Int64(); return true;
            case TypeCode.UInt64: encoder.UInt64(); return true;
            case TypeCode.Single: encoder.Single(); return true;
            case TypeCode.Double: encoder.Double(); return true;
            case TypeCode.String: encoder.String(); return true;
        }

        if (type == typeof(object))
        {
            encoder.Object();
        }
        else if (type == typeof(nint))
        {
            encoder.IntPtr();
        }
        else if (type == typeof(nuint))
        {
            encoder.UIntPtr();
        }
        else
        {
            return false;
        }

        return true;
    }
}
