using System.Reflection;
using Atoll.Wasm.Binary;
using Atoll.Wasm.Execution;
using Atoll.Wasm.Interpretation;
using StandaloneSignatureHandle = System.Reflection.Metadata.StandaloneSignatureHandle;

namespace Atoll.Wasm.Compilation;

/// <content>Large modules: an assembly with the state and an entry for each function, and assemblies with batches of functions, made when called.</content>
internal sealed partial class ModuleCompiler
{
    /// <summary>Number of the methods before the first entry: constructor, binder, factory and finder of globals.</summary>
    public const int FirstEntry = 4;

    /// <summary>Entries in one class. The runtime looks a method up by comparing names one after another.</summary>
    private const int EntriesOfClass = 32;

    private static long s_versions;

    /// <summary>IL of a function whose frame is small even if it is not optimised.</summary>
    private const int SmallCode = 2048;

    private readonly bool _isBatch;
    private readonly Batch _batch;
    private readonly bool _isKept;
    private int _constructor;

    /// <summary>The compiler of a batch.</summary>
    private ModuleCompiler(ModuleDefinition definition, WasmEngine engine, HashSet<int> cells, Batch batch, Guid version, bool isKept)
    {
        Definition = definition;
        Engine = engine;
        _cells = cells;
        _isBatch = true;
        _batch = batch;
        _isKept = isKept;
        _assembly = new ModuleAssembly(batch.Number, version);
    }

    /// <summary>Functions that share an assembly. Their methods come first and in order.</summary>
    /// <param name="Number">Number of the assembly, which its name ends with.</param>
    /// <param name="First">The first function.</param>
    /// <param name="Count">The number of functions.</param>
    public readonly record struct Batch(int Number, int First, int Count);

    /// <summary>The image of a batch.</summary>
    public static byte[] CompileBatch(ModuleDefinition definition, WasmEngine engine, HashSet<int> cells, Batch batch)
    {
        ModuleCompiler compiler = new(definition, engine, cells, batch, NextVersion(), isKept: false);
        compiler.CompileFunctions(batch.First, batch.Count, CancellationToken.None);
        return compiler._assembly.Build();
    }

    /// <summary>The image of a method that goes on with a function at the start of a loop.</summary>
    public static byte[] CompileLoop(ModuleDefinition definition, WasmEngine engine, HashSet<int> cells, int number, int index, ColdLoop loop)
    {
        ModuleCompiler compiler = new(definition, engine, cells, new Batch(number, index, 0), NextVersion(), isKept: false);
        FunctionCompiler function = new(compiler);
        FunctionCompiler.Result result = function.CompileFrom(index, loop.Offset);
        loop.FrameBytes = function.IsLarge(result) ? result.FrameBytes : 0;
        compiler.AddLoop(index, result);
        return compiler._assembly.Build();
    }

    /// <summary>
    /// How a function is to be compiled where the runtime would otherwise begin with unoptimised code: where there are loops, that is optimised late or
    /// badly, and a function of a large module that gets here is hot already. Much code would have an unforeseen frame. Code that can be unloaded is always
    /// optimised; what is kept has to do without such a wish, which keeps crossgen2 from compiling it.
    /// </summary>
    private MethodImplAttributes OptimisationOf(int index, in FunctionCompiler.Result result) =>
        Engine.Options.CodeLifetime == CodeLifetime.Pinned && !_isKept && (_isBatch || Definition.Bodies[index].HasLoops || result.Il.Length > SmallCode)
            ? MethodImplAttributes.AggressiveOptimization : 0;

    /// <summary>Whether large functions may be run unoptimised: kept ones, where crossgen2 was not at hand or passed them by.</summary>
    public bool MayRunUnoptimised => _isKept && Engine.Options.CodeLifetime == CodeLifetime.Pinned;

    /// <summary>Overrides <see cref="InstanceContext.FindGlobals"/>.</summary>
    private void AddGlobalFinder()
    {
        MethodInfo find = typeof(InstanceContext).GetMethod(nameof(InstanceContext.FindGlobals))!;
        IlBuffer il = new();
        for (int i = 0; i < Math.Min(Definition.Globals.Length, LazyCode.MaximumPlaces); i++)
        {
            if (!IsGlobalCell(i) && LocalKinds.Of(Definition.Globals[i].Type.Type) <= LocalKind.F64)
            {
                il.LoadArgument(1);
                il.LoadInt32(i);
                il.LoadArgument(0);
                il.Emit(Il.Ldflda, GlobalField(i));
                il.LoadArgument(0);
                il.Emit(Il.Ldflda, ContextField(nameof(InstanceContext.ColdIndex)));
                il.Emit(Il.Sub);
                il.Emit(Il.StelemI);
            }
        }

        il.Emit(Il.Ret);
        _assembly.AddMethod(
            find.Name, MethodAttributes.Public | MethodAttributes.Virtual | MethodAttributes.HideBySig, MethodImplAttributes.IL,
            _assembly.MethodSignature(isInstance: true, null, typeof(nint[])), il.Finish(), 8, default, initLocals: false);
    }

    /// <summary>A field for each type: batches cannot add any.</summary>
    private void AddTypeFields()
    {
        for (int i = 0; i < Definition.Types.Count; i++)
        {
            TypeField(i);
        }
    }

    /// <summary>
    /// A method for each function that goes on to its code, once there is some: what the rest of the module and tables call. The JIT compiler makes
    /// a few instructions of it, and only for functions that are called.
    /// </summary>
    private void AddEntries()
    {
        IlBuffer il = new();
        StandaloneSignatureHandle locals = _assembly.LocalsSignature([LocalKind.Pointer]);
        for (int i = 0; i < Definition.Bodies.Length; i++)
        {
            if (i % EntriesOfClass == 0)
            {
                _assembly.BeginEntries(i / EntriesOfClass);
            }

            AddEntry(il, i, locals);
        }
    }

    private void AddEntry(IlBuffer il, int index, StandaloneSignatureHandle locals)
    {
        FunctionType type = TypeOf(index);
        int context = type.Parameters.Length + Math.Max(0, type.Results.Length - 1);
        il.Clear();
        int present = il.DefineLabel();
        il.LoadArgument(context);
        il.Emit(Il.Ldfld, ContextField(nameof(InstanceContext.CodeTable)));
        il.LoadInt32(index * nint.Size);
        il.Emit(Il.Add);
        il.Emit(Il.LdindI);
        il.StoreLocal(0);
        il.LoadLocal(0);
        il.Branch(Il.BrTrue, present);
        il.LoadArgument(context);
        il.LoadInt32(index);
        il.Emit(Il.Call, Helper(nameof(GuestRuntime.EnterFunction)));
        il.StoreLocal(0);
        il.MarkLabel(present);
        for (int i = 0; i <= context; i++)
        {
            il.LoadArgument(i);
        }

        // In place of this frame: it would double the stack that recursion takes.
        il.LoadLocal(0);
        il.Emit(Il.Tail);
        il.Emit(Il.Calli, CallSite(type));
        il.Emit(Il.Ret);
        _assembly.AddMethod(
            $"{Member.Entry}{index}", Static, MethodImplAttributes.NoInlining, _assembly.FunctionSignature(type), il.Finish(), context + 3, locals, initLocals: false);
    }
}
