#if NETSTANDARD2_0
namespace System.Runtime.CompilerServices
{
    /// <summary>What the compiler looks for before it allows <c>init</c>; newer frameworks have it.</summary>
    internal static class IsExternalInit
    {
    }
}

namespace System.Diagnostics.CodeAnalysis
{
    /// <summary>Says that a parameter is not null when the method returns a certain value; newer frameworks have it.</summary>
    [AttributeUsage(AttributeTargets.Parameter)]
    internal sealed class NotNullWhenAttribute(bool returnValue) : Attribute
    {
        public bool ReturnValue { get; } = returnValue;
    }
}
#endif
