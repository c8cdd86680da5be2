namespace Atoll.Wit.Resolution;

/// <summary>Which interfaces an interface needs, because it uses their types.</summary>
internal static class InterfaceDependencies
{
    /// <summary>All of them that are not known yet, each behind those that it needs itself. O(interfaces + uses), without recursion.</summary>
    /// <param name="target">The interface; it is not part of the result.</param>
    /// <param name="isKnown">Whether an interface of that name, and so all that it needs, is there already.</param>
    public static List<WitInterface> Of(WitInterface target, Func<string, bool> isKnown)
    {
        List<WitInterface> result = [];
        HashSet<WitInterface> seen = [target];
        Stack<(WitInterface Interface, IEnumerator<WitInterface> Next)> stack = new();
        stack.Push((target, Direct(target).GetEnumerator()));
        while (stack.Count > 0)
        {
            (WitInterface current, IEnumerator<WitInterface> rest) = stack.Peek();
            if (!rest.MoveNext())
            {
                stack.Pop();
                if (current != target)
                {
                    result.Add(current);
                }
            }
            else if (!isKnown(rest.Current.QualifiedName!) && seen.Add(rest.Current))
            {
                stack.Push((rest.Current, Direct(rest.Current).GetEnumerator()));
            }
        }

        return result;
    }

    private static IEnumerable<WitInterface> Direct(WitInterface target) =>
        target.Types.Select(type => type.Body).OfType<WitUse>().Select(use => use.Definition.Owner).OfType<WitInterface>().Distinct();
}
