namespace System.Runtime.CompilerServices;

/// <summary>
/// On an assembly: the runtime lets it use the internals of the named one. The runtime knows the attribute by this full name; it has no class of
/// its own for it.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    public string AssemblyName { get; } = assemblyName;
}
