using Atoll.Wit.Syntax;

namespace Atoll.Wit.Resolution;

/// <summary>
/// Syntax trees to a model (WIT.md, "Name resolution"): collects packages, declares interfaces and worlds, orders them so that what is used
/// comes before its users, and resolves each once. Nothing here recurses with the size of the input.
/// </summary>
internal sealed class Resolver(WitOptions options)
{
    private readonly Dictionary<string, PackageEntry> _packages = new(StringComparer.Ordinal);
    private readonly List<PackageEntry> _order = [];
    private readonly HashSet<string> _features = new(options.Features, StringComparer.Ordinal);

    public ErrorList Errors { get; } = new();

    /// <summary>The first group is the root package.</summary>
    public WitModel Run(IReadOnlyList<IReadOnlyList<FileSyntax>> groups)
    {
        PackageEntry? root = null;
        foreach (IReadOnlyList<FileSyntax> group in groups)
        {
            PackageEntry? package = Collect(group);
            root ??= package;
        }

        foreach (PackageEntry package in _order)
        {
            Declare(package);
        }

        Errors.ThrowIfAny();
        List<ItemEntry> items = new DependencyOrder(this).Sort(_order.SelectMany(package => package.Items.Values));
        Errors.ThrowIfAny();
        foreach (ItemEntry item in items)
        {
            if (item.Owner is WitInterface @interface)
            {
                new InterfaceResolver(this, item.Scope, @interface).Run(((InterfaceSyntax)item.Syntax).Items);
            }
            else
            {
                new WorldResolver(this, item.Scope, (WitWorld)item.Owner).Run(((WorldSyntax)item.Syntax).Items);
            }
        }

        Errors.ThrowIfAny();
        return new WitModel(root!.Package, [.. _order.Select(package => package.Package)]);
    }

    /// <summary>Whether an item is part of the result, as its gates say; gates that cannot be are errors.</summary>
    public bool IsActive(HeadSyntax head, ScopeEntry scope)
    {
        GateSyntax gate = head.Gate;
        WitVersion? version = scope.Package.Package.Name.Version;
        if (gate.Since is not null || gate.Deprecated is not null)
        {
            if (version is null)
            {
                Errors.Add(scope.Syntax.Source, "a gate with a version needs a package with a version", gate.Span,
                    $"write the version of the package: package {scope.Package.Package.Name}@1.0.0;");
            }
            else if (gate.Since is not null && gate.Since.CompareTo(version) > 0)
            {
                Errors.Add(scope.Syntax.Source, $"`@since` names version {gate.Since}, but the package is {version}", gate.Span);
            }
        }

        return gate.Unstable is null || options.AllFeatures || _features.Contains(gate.Unstable);
    }

    public static WitAnnotations Annotations(HeadSyntax head) =>
        new(head.Docs, head.Gate.Since, head.Gate.Unstable, head.Gate.Deprecated, head.Gate.ExternalId);

    /// <summary>What a path means in a text; null, with an error, when it means nothing.</summary>
    public ItemEntry? Find(ScopeEntry scope, PathSyntax path)
    {
        ScopeEntry from = scope;
        PathSyntax target = path;
        if (path.Package is null && scope.Uses.TryGetValue(path.Name.Text, out FileUseSyntax? use))
        {
            target = use.Path;
        }

        PackageEntry? package = from.Package;
        if (target.Package is not null && !_packages.TryGetValue(target.Package.ToString(), out package))
        {
            Errors.Add(scope.Syntax.Source, $"the package `{target.Package}` is not found", path.Span, SimilarPackages(target.Package));
            return null;
        }

        if (package.Items.TryGetValue(target.Name.Text, out ItemEntry? item))
        {
            return item;
        }

        Errors.Add(scope.Syntax.Source, $"there is no interface or world `{target.Name.Text}` in the package `{package.Package.Name}`", path.Span,
            IsGatedAway(package, target.Name.Text) ? "it is behind an unstable feature that is not switched on" : null);
        return null;
    }

    public WitInterface? FindInterface(ScopeEntry scope, PathSyntax path)
    {
        ItemEntry? item = Find(scope, path);
        if (item?.Owner is WitWorld)
        {
            Errors.Add(scope.Syntax.Source, $"`{path.Name.Text}` is a world, an interface is needed here", path.Span);
        }

        return item?.Owner as WitInterface;
    }

    private static bool IsGatedAway(PackageEntry package, string name) =>
        package.Scopes.SelectMany(scope => scope.Syntax.Items).Any(item => item switch
        {
            InterfaceSyntax @interface => @interface.Name.Text == name,
            WorldSyntax world => world.Name.Text == name,
            _ => false,
        });

    private string? SimilarPackages(WitPackageName name)
    {
        string[] similar = [.. _order.Select(entry => entry.Package.Name).Where(other => other.Namespace == name.Namespace && other.Name == name.Name)
            .Select(other => other.ToString())];
        return similar.Length > 0 ? $"there is {string.Join(", ", similar)}" : "dependencies lie in the folder `deps`, or in braces in the same file";
    }

    /// <summary>Takes in the package that a group of files is, and the packages nested in them.</summary>
    private PackageEntry? Collect(IReadOnlyList<FileSyntax> files)
    {
        List<ScopeSyntax> named = [.. files.Select(file => file.Root).Where(scope => scope.Package is not null)];
        foreach (ScopeSyntax other in named.Skip(1).Where(other => !other.Package!.Equals(named[0].Package)))
        {
            Errors.Add(other.Source, $"the package is `{other.Package}` here and `{named[0].Package}` in {named[0].Source.Path}", other.PackageSpan);
        }

        if (files.Count == 0)
        {
            return null;
        }

        PackageEntry? package = null;
        List<ScopeSyntax> roots = [.. files.Select(file => file.Root)];
        if (named.Count > 0)
        {
            package = Enter(named[0].Package!, roots);
        }
        else if (roots.Any(scope => scope.Items.Count > 0) || files.All(file => file.Nested.Count == 0))
        {
            ScopeSyntax unnamed = roots.FirstOrDefault(scope => scope.Items.Count > 0) ?? roots[0];
            Errors.Add(unnamed.Source, "no file names the package", new WitSpan(0, 0), "begin the text with: package my-name:my-package;");
            Errors.ThrowIfAny();
        }

        foreach (ScopeSyntax nested in files.SelectMany(file => file.Nested))
        {
            PackageEntry entry = Enter(nested.Package!, [nested]);
            package ??= entry;
        }

        return package;
    }

    /// <summary>A package may come twice, when two dependencies carry a copy of it, if both are the same.</summary>
    private PackageEntry Enter(WitPackageName name, IReadOnlyList<ScopeSyntax> scopes)
    {
        if (_packages.TryGetValue(name.ToString(), out PackageEntry? existing))
        {
            string left = string.Concat(existing.Scopes.Select(scope => scope.Syntax.Fingerprint).OrderBy(text => text, StringComparer.Ordinal));
            string right = string.Concat(scopes.Select(scope => scope.Fingerprint).OrderBy(text => text, StringComparer.Ordinal));
            if (left != right)
            {
                Errors.Add(scopes[0].Source, $"the package `{name}` is defined a second time with other contents", scopes[0].PackageSpan,
                    $"the first stands in {existing.Scopes[0].Syntax.Source.Path}");
            }

            return existing;
        }

        PackageEntry package = new(new WitPackage(name));
        package.Scopes.AddRange(scopes.Select(scope => new ScopeEntry(scope, package)));
        package.Package.Docs = scopes.Select(scope => scope.Docs).FirstOrDefault(docs => docs is not null);
        _packages.Add(name.ToString(), package);
        _order.Add(package);
        return package;
    }

    private void Declare(PackageEntry package)
    {
        foreach (ScopeEntry scope in package.Scopes)
        {
            foreach (FileUseSyntax use in scope.Syntax.Uses)
            {
                string name = (use.Alias ?? use.Path.Name).Text;
                if (scope.Uses.ContainsKey(name))
                {
                    Errors.Add(scope.Syntax.Source, $"the name `{name}` is already used in this file", use.Span);
                }
                else
                {
                    scope.Uses.Add(name, use);
                }
            }

            foreach (ItemSyntax item in scope.Syntax.Items.Where(item => IsActive(item.Head, scope)))
            {
                Declare(package, scope, item);
            }
        }
    }

    private void Declare(PackageEntry package, ScopeEntry scope, ItemSyntax item)
    {
        WitAnnotations annotations = Annotations(item.Head);
        ItemEntry entry = item is InterfaceSyntax @interface
            ? new ItemEntry(item, new WitInterface(@interface.Name.Text, package.Package, annotations), scope)
            : new ItemEntry(item, new WitWorld(((WorldSyntax)item).Name.Text, package.Package, annotations), scope);
        NameSyntax name = entry.Name;
        if (scope.Uses.ContainsKey(name.Text))
        {
            Errors.Add(scope.Syntax.Source, $"the name `{name.Text}` is already used in this file", name.Span);
        }

        if (package.Items.ContainsKey(name.Text))
        {
            Errors.Add(scope.Syntax.Source, $"`{name.Text}` is defined twice in the package `{package.Package.Name}`", name.Span);
            return;
        }

        package.Items.Add(name.Text, entry);
        if (entry.Owner is WitWorld world)
        {
            package.Package.WorldList.Add(world);
        }
        else
        {
            package.Package.InterfaceList.Add((WitInterface)entry.Owner);
        }
    }
}
