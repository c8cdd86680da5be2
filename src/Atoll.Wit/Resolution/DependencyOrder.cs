using Atoll.Wit.Syntax;

namespace Atoll.Wit.Resolution;

/// <summary>
/// Sorts interfaces and worlds so that each stands behind all that it names. Depth-first with a stack of its own: a chain may be as long as
/// the input. O(items + references).
/// </summary>
internal sealed class DependencyOrder(Resolver resolver)
{
    private readonly List<ItemEntry> _sorted = [];
    private readonly HashSet<ItemEntry> _done = [];
    private readonly HashSet<ItemEntry> _open = [];

    public List<ItemEntry> Sort(IEnumerable<ItemEntry> items)
    {
        foreach (ItemEntry item in items)
        {
            Visit(item);
        }

        return _sorted;
    }

    private void Visit(ItemEntry first)
    {
        if (_done.Contains(first))
        {
            return;
        }

        Stack<(ItemEntry Item, IEnumerator<PathSyntax> Next)> stack = new();
        Open(stack, first);
        while (stack.Count > 0)
        {
            (ItemEntry item, IEnumerator<PathSyntax> rest) = stack.Peek();
            if (!rest.MoveNext())
            {
                stack.Pop();
                _open.Remove(item);
                _done.Add(item);
                _sorted.Add(item);
                continue;
            }

            ItemEntry? next = resolver.Find(item.Scope, rest.Current);
            if (next is null || _done.Contains(next))
            {
                continue;
            }

            if (_open.Contains(next))
            {
                IEnumerable<string> cycle = stack.Reverse().Select(entry => entry.Item).SkipWhile(entry => entry != next).Append(next)
                    .Select(entry => $"`{entry.Name.Text}`");
                resolver.Errors.Add(item.Scope.Syntax.Source, $"{string.Join(" needs ", cycle)}: this is a cycle", rest.Current.Span);
                continue;
            }

            Open(stack, next);
        }
    }

    private void Open(Stack<(ItemEntry Item, IEnumerator<PathSyntax> Next)> stack, ItemEntry item)
    {
        _open.Add(item);
        IReadOnlyList<ItemSyntax> items = item.Syntax is InterfaceSyntax @interface ? @interface.Items : ((WorldSyntax)item.Syntax).Items;
        stack.Push((item, References(items, item.Scope).GetEnumerator()));
    }

    private IEnumerable<PathSyntax> References(IReadOnlyList<ItemSyntax> items, ScopeEntry scope)
    {
        foreach (ItemSyntax item in items.Where(item => resolver.IsActive(item.Head, scope)))
        {
            switch (item)
            {
                case UseItemSyntax use:
                    yield return use.Path;
                    break;
                case IncludeSyntax include:
                    yield return include.Path;
                    break;
                case ExternSyntax { Path: { } path }:
                    yield return path;
                    break;
                case ExternSyntax { Items: { } inner }:
                    foreach (PathSyntax path in inner.OfType<UseItemSyntax>().Where(use => resolver.IsActive(use.Head, scope)).Select(use => use.Path))
                    {
                        yield return path;
                    }

                    break;
            }
        }
    }
}
