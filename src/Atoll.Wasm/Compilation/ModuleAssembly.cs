using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Atoll.Wasm.Compilation;

/// <summary>
/// A .NET assembly that a module, or a batch of its functions, becomes, under construction. A module's own has one class, derived from the
/// engine's context class, with a field for each piece of instance state and static methods; a batch has a class with the static methods of its
/// functions, which reach the state through the module's class. Written with System.Reflection.Metadata rather than Reflection.Emit: method
/// tokens are known before any body exists, the IL is ours to the byte, and the same image can be kept on disk.
/// </summary>
internal sealed class ModuleAssembly
{
    /// <summary>The name for which Atoll.Wasm opens its internals.</summary>
    public const string AssemblyName = "Atoll.Generated";

    /// <summary>The class of a module's own assembly.</summary>
    public const string ContextName = "Context";

    /// <summary>The class of a batch.</summary>
    public const string BatchName = "Code";

    /// <summary>First part of the names of the classes with functions' entries.</summary>
    private const string EntriesName = "Entries";

    private readonly MetadataBuilder _metadata = new();
    private readonly MethodBodyStreamEncoder _bodies;
    private readonly BlobBuilder _il = new();
    private readonly Dictionary<Assembly, AssemblyReferenceHandle> _assemblies = [];
    private readonly Dictionary<Type, EntityHandle> _types = [];
    private readonly Dictionary<MemberInfo, int> _members = [];
    private readonly Dictionary<(FunctionType Type, bool), int> _callSites = [];
    private readonly List<(string Name, BlobHandle Signature)> _fields = [];
    private readonly List<Method> _methods = [];
    private readonly Dictionary<(char Kind, int Index), int> _contextMembers = [];
    private readonly Dictionary<int, EntityHandle> _entryClasses = [];
    private readonly List<(string Name, int FirstMethod)> _moreClasses = [];
    private readonly Type? _baseType;

    /// <summary>The module's class: the second type definition, behind <c>&lt;Module&gt;</c>, or for a batch a reference to it.</summary>
    private readonly EntityHandle _context;

    /// <summary>Batch: the module's own assembly.</summary>
    private readonly AssemblyReferenceHandle _module;

    private readonly record struct Method(string Name, MethodAttributes Attributes, MethodImplAttributes Impl, BlobHandle Signature, int Body);

    /// <summary>Begins a module's own assembly.</summary>
    /// <param name="baseType">Base of the class.</param>
    /// <param name="version">Identity of the image: the same module gives the same image.</param>
    public ModuleAssembly(Type baseType, Guid version)
        : this(AssemblyName, version)
    {
        _baseType = baseType;
        _context = MetadataTokens.TypeDefinitionHandle(2);
    }

    /// <summary>Begins the assembly of a batch.</summary>
    /// <param name="batch">Its number in the module.</param>
    /// <param name="version">Identity of the image.</param>
    public ModuleAssembly(int batch, Guid version)
        : this($"{AssemblyName}.{batch}", version)
    {
        _module = _metadata.AddAssemblyReference(_metadata.GetOrAddString(AssemblyName), new Version(1, 0, 0, 0), default, default, 0, default);
        _context = _metadata.AddTypeReference(_module, default, _metadata.GetOrAddString(ContextName));

        // The engine opens its internals to one name, and no two assemblies of a load context can have the same.
        BlobBuilder value = new();
        new BlobEncoder(value).CustomAttributeSignature(f => f.AddArgument().Scalar().Constant(typeof(ModuleAssembly).Assembly.GetName().Name), _ => { });
        _metadata.AddCustomAttribute(EntityHandle.AssemblyDefinition, MetadataTokens.EntityHandle(Token(typeof(IgnoresAccessChecksToAttribute).GetConstructors()[0])), _metadata.GetOrAddBlob(value));
    }

    private ModuleAssembly(string name, Guid version)
    {
        _bodies = new MethodBodyStreamEncoder(_il);
        _metadata.AddModule(0, _metadata.GetOrAddString(name + ".dll"), _metadata.GetOrAddGuid(version), default, default);
        _metadata.AddAssembly(_metadata.GetOrAddString(name), new Version(1, 0, 0, 0), default, default, 0, AssemblyHashAlgorithm.None);
    }

    /// <summary>Token of field number <paramref name="index"/> of the class.</summary>
    public static int FieldToken(int index) => 0x04000001 + index;

    /// <summary>Token of method number <paramref name="index"/> of the class.</summary>
    public static int MethodToken(int index) => 0x06000001 + index;

    public int AddField(string name, ValueType type) => AddField(name, s => EncodeType(s, type));

    public int AddField(string name, Type type) => AddField(name, s => EncodeType(s, type));

    private int AddField(string name, Action<SignatureTypeEncoder> encode)
    {
        _fields.Add((name, FieldSignature(encode)));
        return FieldToken(_fields.Count - 1);
    }

    /// <summary>Batch: token of a field of the module's class; its name is the kind and the number.</summary>
    public int ContextField(char kind, int index, ValueType type)
    {
        ref int token = ref CollectionsMarshal.GetValueRefOrAddDefault(_contextMembers, (kind, index), out bool known);
        return known ? token : token = ContextMember(kind, index, FieldSignature(s => EncodeType(s, type)));
    }

    /// <summary>Batch: token of a field of the module's class; its name is the kind and the number.</summary>
    public int ContextField(char kind, int index, Type type)
    {
        ref int token = ref CollectionsMarshal.GetValueRefOrAddDefault(_contextMembers, (kind, index), out bool known);
        return known ? token : token = ContextMember(kind, index, FieldSignature(s => EncodeType(s, type)));
    }

    /// <summary>Batch: token of a function's entry in the module's assembly.</summary>
    /// <param name="entryClass">Number of the class that it is in.</param>
    /// <param name="kind">First letter of its name.</param>
    /// <param name="index">The number that follows.</param>
    /// <param name="type">The function's type.</param>
    public int Entry(int entryClass, char kind, int index, FunctionType type)
    {
        ref int token = ref CollectionsMarshal.GetValueRefOrAddDefault(_contextMembers, (kind, index), out bool known);
        if (known)
        {
            return token;
        }

        ref EntityHandle parent = ref CollectionsMarshal.GetValueRefOrAddDefault(_entryClasses, entryClass, out known);
        if (!known)
        {
            parent = _metadata.AddTypeReference(_module, default, _metadata.GetOrAddString($"{EntriesName}{entryClass}"));
        }

        return token = AddMember(parent, kind, index, FunctionSignature(type));
    }

    /// <summary>The methods that are added from here on belong to another class, of static methods.</summary>
    public void BeginEntries(int entryClass) => _moreClasses.Add(($"{EntriesName}{entryClass}", _methods.Count));

    private int ContextMember(char kind, int index, BlobHandle signature) => AddMember(_context, kind, index, signature);

    private int AddMember(EntityHandle parent, char kind, int index, BlobHandle signature) =>
        MetadataTokens.GetToken(_metadata.AddMemberReference(parent, _metadata.GetOrAddString($"{kind}{index}"), signature));

    private BlobHandle FieldSignature(Action<SignatureTypeEncoder> encode)
    {
        BlobBuilder blob = new(8);
        encode(new BlobEncoder(blob).Field().Type());
        return _metadata.GetOrAddBlob(blob);
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
    /// <param name="type">The function's type.</param>
    /// <param name="placement">Parameters behind these, if any.</param>
    public BlobHandle FunctionSignature(FunctionType type, VariablePlacement? placement = null) =>
        _metadata.GetOrAddBlob(FunctionSignatureBlob(type, callSite: false, placement));

    /// <summary>Signature of a copy of a function.</summary>
    /// <param name="type">The function's type.</param>
    /// <param name="takesFuel">Whether the address of the caller's fuel is behind its context.</param>
    public BlobHandle CopySignature(FunctionType type, bool takesFuel) =>
        _metadata.GetOrAddBlob(FunctionSignatureBlob(type, callSite: false, takesFuel: takesFuel));

    /// <summary>Signature of a method that goes on with a function in the middle: its slots, the context.</summary>
    /// <param name="type">The function's type.</param>
    /// <param name="placement">Parameters behind these, if any.</param>
    public BlobHandle LoopSignature(FunctionType type, VariablePlacement? placement)
    {
        BlobBuilder blob = new();
        new BlobEncoder(blob).MethodSignature().Parameters(2 + Extra(placement), out ReturnTypeEncoder result, out ParametersEncoder parameters);
        if (type.Results.IsEmpty)
        {
            result.Void();
        }
        else
        {
            EncodeType(result.Type(), type.Results[0]);
        }

        parameters.AddParameter().Type().IntPtr();
        parameters.AddParameter().Type().Type(_context, isValueType: false);
        EncodeExtra(parameters, placement);
        return _metadata.GetOrAddBlob(blob);
    }

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

    private void EncodeExtra(ParametersEncoder parameters, VariablePlacement? placement)
    {
        foreach (LocalKind kind in placement?.Parameters ?? [])
        {
            EncodeKind(parameters.AddParameter().Type(), kind);
        }

        if (placement?.FrameParameter >= 0)
        {
            EncodeType(parameters.AddParameter().Type(isByRef: true), typeof(Execution.GiantFrame));
        }
    }

    private static int Extra(VariablePlacement? placement) => placement is null ? 0 : placement.Parameters.Count + (placement.FrameParameter >= 0 ? 1 : 0);

    private BlobBuilder FunctionSignatureBlob(FunctionType type, bool callSite, VariablePlacement? placement = null, bool takesFuel = false)
    {
        BlobBuilder blob = new();
        int outs = Math.Max(0, type.Results.Length - 1);
        int count = type.Parameters.Length + outs + 1 + Extra(placement) + (takesFuel ? 2 : 0);
        new BlobEncoder(blob).MethodSignature().Parameters(count, out ReturnTypeEncoder result, out ParametersEncoder parameters);
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
            context.Type(_context, isValueType: false);
        }

        EncodeExtra(parameters, placement);
        if (takesFuel)
        {
            parameters.AddParameter().Type().IntPtr();
            parameters.AddParameter().Type(isByRef: true).Int64();
        }

        return blob;
    }

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
        const TypeAttributes Sealed = TypeAttributes.Public | TypeAttributes.Sealed | TypeAttributes.BeforeFieldInit;
        bool isBatch = _baseType is null;
        _metadata.AddTypeDefinition(
            isBatch ? Sealed | TypeAttributes.Abstract : Sealed, default, _metadata.GetOrAddString(isBatch ? BatchName : ContextName),
            TypeHandle(_baseType ?? typeof(object)), MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));
        foreach ((string name, int firstMethod) in _moreClasses)
        {
            _metadata.AddTypeDefinition(
                Sealed | TypeAttributes.Abstract, default, _metadata.GetOrAddString(name), TypeHandle(typeof(object)),
                MetadataTokens.FieldDefinitionHandle(_fields.Count + 1), MetadataTokens.MethodDefinitionHandle(firstMethod + 1));
        }

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
