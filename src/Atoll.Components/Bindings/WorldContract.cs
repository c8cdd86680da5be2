using System.Runtime.CompilerServices;
using Atoll.Components.Types;

namespace Atoll.Components;

/// <summary>
/// What a program was compiled to expect of components: the functions of a world with their types. Generated code has one for its world; it finds a component
/// of another world, or of another version of it, before any value is passed in the wrong form.
/// </summary>
/// <remarks>
/// The text has one line for each type, import and export: <c>type 0 record{x:s32,y:s32}</c>, <c>import ns:pkg/iface#name(a:u32,b:list&lt;u8&gt;)->string</c>,
/// <c>export name()</c>. The number of a type before, with a number sign in front, stands for that type. It is read once. Thread-safe.
/// </remarks>
public sealed class WorldContract
{
    private readonly ConditionalWeakTable<Component, IReadOnlyList<string>> _known = [];
    private readonly Lazy<Bindings.ContractText> _text;

    /// <summary>Makes a contract.</summary>
    /// <param name="world">Name of the world, for errors.</param>
    /// <param name="text">What it says; read when first needed.</param>
    public WorldContract(string world, string text)
    {
        ArgumentNullException.ThrowIfNull(world);
        ArgumentNullException.ThrowIfNull(text);
        World = world;
        _text = new Lazy<Bindings.ContractText>(() => Bindings.ContractText.Read(text));
    }

    /// <summary>Name of the world.</summary>
    public string World { get; }

    /// <summary>Compares a component with the world. Each component is looked at once.</summary>
    /// <param name="component">The component. What it imports beyond the world is the linker's affair.</param>
    /// <exception cref="WorldMismatchException">It does not fit; the exception lists every difference.</exception>
    public void Check(Component component)
    {
        ArgumentNullException.ThrowIfNull(component);
        IReadOnlyList<string> differences = _known.GetValue(component, key => Bindings.ContractCheck.Run(_text.Value, key.Type));
        if (differences.Count > 0)
        {
            throw new WorldMismatchException(World, differences);
        }
    }
}
