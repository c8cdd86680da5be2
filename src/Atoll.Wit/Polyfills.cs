#if NETSTANDARD2_0
namespace System.Runtime.CompilerServices;

/// <summary>What the compiler looks for before it allows <c>init</c>; newer frameworks have it.</summary>
internal static class IsExternalInit
{
}
#endif
