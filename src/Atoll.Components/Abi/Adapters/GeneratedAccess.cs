using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Atoll.Components.Abi.Adapters;

/// <summary>Which .NET types compiled adapters can use: public ones, and internal ones of assemblies that say so, as those of the host's own rooms do.</summary>
internal static class GeneratedAccess
{
    private static readonly ConcurrentDictionary<Assembly, bool> Friends = new();

    public static bool CanUse(Type type)
    {
        if (type.HasElementType)
        {
            return CanUse(type.GetElementType()!);
        }

        if (type.IsConstructedGenericType && !type.GetGenericArguments().All(CanUse))
        {
            return false;
        }

        for (Type? part = type; part is not null; part = part.DeclaringType)
        {
            bool isPublic = part.IsPublic || part.IsNestedPublic;
            bool isInternal = part.IsNotPublic || part.IsNestedAssembly || part.IsNestedFamORAssem;
            if (!isPublic && !(isInternal && Friends.GetOrAdd(part.Assembly, IsFriend)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsFriend(Assembly assembly) => assembly.GetCustomAttributes<InternalsVisibleToAttribute>()
        .Any(friend => new AssemblyName(friend.AssemblyName).Name == Wasm.Compilation.ModuleAssembly.AssemblyName);
}
