using Atoll.Wit.Syntax;

namespace Atoll.Wit.Resolution;

/// <summary>Resolves the items of one interface (WIT.md, "Item: interface").</summary>
internal sealed class InterfaceResolver(Resolver resolver, ScopeEntry scope, WitInterface target)
{
    public void Run(IReadOnlyList<ItemSyntax> items)
    {
        TypeScope types = new(resolver, scope, target);
        List<FunctionSyntax> functions = [];
        foreach (ItemSyntax item in items.Where(item => resolver.IsActive(item.Head, scope)))
        {
            switch (item)
            {
                case UseItemSyntax use:
                    types.Use(use);
                    break;
                case TypeItemSyntax type:
                    types.Declare(type);
                    break;
                case FunctionSyntax function:
                    types.DeclareName(function.Name);
                    functions.Add(function);
                    break;
            }
        }

        types.DefineTypes();
        target.FunctionList.AddRange(functions.Select(function => types.Function(function, null)));
    }
}
