using Atoll.Components.Types;
using Atoll.Wasm;

namespace Atoll.Components.Binary;

/// <summary>The core type index space of a component, a component or instance type, or a module type.</summary>
internal sealed class CoreTypeScope(CoreTypeScope? parent)
{
    private readonly List<CoreModuleType?> _modules = [];

    public CoreTypeScope? Parent { get; } = parent;

    /// <summary>The types in the form in which the engine's reader looks them up; a module type is represented by <see cref="NoType"/>.</summary>
    public List<DefinedType> Types { get; } = [];

    /// <summary>Stands where an index denotes a module type, which no core type may refer to.</summary>
    public static DefinedType NoType { get; } = MakeNoType();

    public void Add(DefinedType type) => Types.Add(type);

    public void Add(CoreModuleType module)
    {
        Align();
        _modules.Add(module);
        Types.Add(NoType);
    }

    /// <summary>A <see cref="DefinedType"/> or a <see cref="CoreModuleType"/>; null when there is no such index.</summary>
    public object? Find(int index)
    {
        if ((uint)index >= (uint)Types.Count)
        {
            return null;
        }

        return index < _modules.Count && _modules[index] is { } module ? module : Types[index];
    }

    private void Align()
    {
        while (_modules.Count < Types.Count)
        {
            _modules.Add(null);
        }
    }

    private static DefinedType MakeNoType()
    {
        DefinedType type = new RecursionGroup(1).Types[0];
        type.Define(isFinal: true, null, CompositeKind.Struct, null, []);
        return type;
    }
}
