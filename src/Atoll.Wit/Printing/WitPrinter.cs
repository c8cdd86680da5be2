using System.Globalization;
using System.Text;
using Atoll.Wit.Syntax;

namespace Atoll.Wit.Printing;

/// <summary>The model as WIT text. What is printed reads back as the same model; implied imports are left out, included worlds are written out.</summary>
internal sealed class WitPrinter
{
    private readonly StringBuilder _text = new();
    private int _indent;

    /// <summary>The root package, and all others in braces behind it: one file that holds everything.</summary>
    public static string Print(WitModel model)
    {
        WitPrinter printer = new();
        printer.RootPackage(model.Root);
        foreach (WitPackage package in model.Packages.Where(package => package != model.Root))
        {
            printer._text.Append('\n');
            printer.Docs(package.Docs);
            printer.Open("package " + package.Name);
            printer.PackageItems(package);
            printer.Close();
        }

        return printer._text.ToString();
    }

    public static string Print(WitPackage package)
    {
        WitPrinter printer = new();
        printer.RootPackage(package);
        return printer._text.ToString();
    }

    public static string Print(WitFunction function) => $"{function.ExternName}: {Signature(function)}";

    public static string Print(WitType type) => type switch
    {
        WitPrimitive primitive => primitive.Kind switch
        {
            WitPrimitiveKind.ErrorContext => "error-context",
            _ => primitive.Kind.ToString().ToLowerInvariant(),
        },
        WitList { Length: { } length } list => $"list<{Print(list.Element)}, {length.ToString(CultureInfo.InvariantCulture)}>",
        WitList list => $"list<{Print(list.Element)}>",
        WitOption option => $"option<{Print(option.Element)}>",
        WitResult { Ok: null, Error: null } => "result",
        WitResult { Error: null } result => $"result<{Print(result.Ok!)}>",
        WitResult result => $"result<{(result.Ok is null ? "_" : Print(result.Ok))}, {Print(result.Error)}>",
        WitTuple tuple => $"tuple<{string.Join(", ", tuple.Items.Select(Print))}>",
        WitMap map => $"map<{Print(map.Key)}, {Print(map.Value)}>",
        WitFuture future => future.Payload is null ? "future" : $"future<{Print(future.Payload)}>",
        WitStream stream => stream.Payload is null ? "stream" : $"stream<{Print(stream.Payload)}>",
        WitHandle handle => handle.IsBorrowed ? $"borrow<{Name(handle.Resource.Name)}>" : Name(handle.Resource.Name),
        WitNamed named => Name(named.Definition.Name),
        _ => throw new InvalidOperationException($"the type {type.GetType().Name} has no text"),
    };

    private static string Name(string name) => WitLexer.IsKeyword(name) ? "%" + name : name;

    private static string Signature(WitFunction function)
    {
        IEnumerable<WitParameter> parameters = function.Parameters.Skip(function.Kind == WitFunctionKind.Method ? 1 : 0);
        string list = $"({string.Join(", ", parameters.Select(parameter => $"{Name(parameter.Name)}: {Print(parameter.Type)}"))})";
        bool hasResult = function.Result is not null && !(function.Kind == WitFunctionKind.Constructor && function.Result is WitHandle);
        string result = hasResult ? $" -> {Print(function.Result!)}" : "";
        return function.Kind == WitFunctionKind.Constructor
            ? list + result
            : $"{(function.Kind == WitFunctionKind.Static ? "static " : "")}{(function.IsAsync ? "async " : "")}func{list}{result}";
    }

    private static string Path(WitItemOwner target, WitPackage from) => target.Package == from ? Name(target.Name!) : target.QualifiedName!;

    private void RootPackage(WitPackage package)
    {
        Docs(package.Docs);
        Line($"package {package.Name};");
        if (package.Interfaces.Count + package.Worlds.Count > 0)
        {
            _text.Append('\n');
            PackageItems(package);
        }
    }

    private void PackageItems(WitPackage package)
    {
        bool first = true;
        foreach (WitInterface @interface in package.Interfaces)
        {
            Separate(ref first);
            Head(@interface.Annotations);
            Open("interface " + Name(@interface.Name!));
            InterfaceItems(@interface);
            Close();
        }

        foreach (WitWorld world in package.Worlds)
        {
            Separate(ref first);
            Head(world.Annotations);
            Open("world " + Name(world.Name!));
            WorldItems(world);
            Close();
        }
    }

    private void InterfaceItems(WitInterface @interface)
    {
        bool first = true;
        Types(@interface, ref first);
        foreach (WitFunction function in @interface.Functions)
        {
            Separate(ref first);
            Head(function.Annotations);
            Line($"{Name(function.Name)}: {Signature(function)};");
        }
    }

    private void WorldItems(WitWorld world)
    {
        bool first = true;
        foreach (WitWorldItem item in world.Imports.Where(item => !item.IsImplied))
        {
            WorldItem("import", item, world.Package);
            first = false;
        }

        Types(world, ref first);
        foreach (WitWorldItem item in world.Exports)
        {
            if (item == world.Exports[0])
            {
                Separate(ref first);
            }

            WorldItem("export", item, world.Package);
        }
    }

    private void WorldItem(string verb, WitWorldItem item, WitPackage package)
    {
        Head(item.Annotations);
        if (item.Function is not null)
        {
            Line($"{verb} {Name(item.Name)}: {Signature(item.Function)};");
        }
        else if (item.Interface!.Name is null)
        {
            Open($"{verb} {Name(item.Name)}: interface");
            InterfaceItems(item.Interface);
            Close();
        }
        else
        {
            Line($"{verb} {(item.IsPlain ? Name(item.Name) + ": " : "")}{Path(item.Interface, package)};");
        }
    }

    private void Types(WitItemOwner owner, ref bool first)
    {
        foreach (IGrouping<WitItemOwner, WitTypeDefinition> uses in owner.Types.Where(type => type.Body is WitUse)
            .GroupBy(type => ((WitUse)type.Body).Definition.Owner))
        {
            IEnumerable<string> names = uses.Select(type => ((WitUse)type.Body).Definition.Name is var name && name == type.Name
                ? Name(name)
                : $"{Name(name)} as {Name(type.Name)}");
            Line($"use {Path(uses.Key, owner.Package)}.{{{string.Join(", ", names)}}};");
            first = false;
        }

        foreach (WitTypeDefinition type in owner.Types.Where(type => type.Body is not WitUse))
        {
            Separate(ref first);
            Head(type.Annotations);
            Definition(type);
        }
    }

    private void Definition(WitTypeDefinition type)
    {
        string name = Name(type.Name);
        switch (type.Body)
        {
            case WitAlias alias:
                Line($"type {name} = {Print(alias.Type)};");
                break;
            case WitRecord record:
                Members("record " + name, record.Fields.Select(field => (field.Docs, $"{Name(field.Name)}: {Print(field.Type)}")));
                break;
            case WitVariant variant:
                Members("variant " + name, Cases(variant.Cases));
                break;
            case WitEnum @enum:
                Members("enum " + name, Cases(@enum.Cases));
                break;
            case WitFlags flags:
                Members("flags " + name, Cases(flags.Flags));
                break;
            case WitResource { Functions.Count: 0 }:
                Line($"resource {name};");
                break;
            case WitResource resource:
                Open("resource " + name);
                foreach (WitFunction function in resource.Functions)
                {
                    Head(function.Annotations);
                    Line($"{(function.Kind == WitFunctionKind.Constructor ? "constructor" : Name(function.Name) + ": ")}{Signature(function)};");
                }

                Close();
                break;
        }
    }

    private static IEnumerable<(string? Docs, string Text)> Cases(IEnumerable<WitCase> cases) =>
        cases.Select(@case => (@case.Docs, Name(@case.Name) + (@case.Type is null ? "" : $"({Print(@case.Type)})")));

    private void Members(string header, IEnumerable<(string? Docs, string Text)> members)
    {
        Open(header);
        foreach ((string? docs, string text) in members)
        {
            Docs(docs);
            Line(text + ",");
        }

        Close();
    }

    private void Head(WitAnnotations annotations)
    {
        Docs(annotations.Docs);
        if (annotations.Since is not null)
        {
            Line($"@since(version = {annotations.Since})");
        }

        if (annotations.Unstable is not null)
        {
            Line($"@unstable(feature = {Name(annotations.Unstable)})");
        }

        if (annotations.Deprecated is not null)
        {
            Line($"@deprecated(version = {annotations.Deprecated})");
        }

        if (annotations.ExternalId is not null)
        {
            Line($"@external-id({WitStrings.Write(annotations.ExternalId)})");
        }
    }

    private void Docs(string? docs)
    {
        foreach (string line in docs?.Split('\n') ?? [])
        {
            Line(line.Length == 0 ? "///" : "/// " + line);
        }
    }

    private void Separate(ref bool first)
    {
        if (!first)
        {
            _text.Append('\n');
        }

        first = false;
    }

    private void Open(string header)
    {
        Line(header + " {");
        _indent++;
    }

    private void Close()
    {
        _indent--;
        Line("}");
    }

    private void Line(string text) => _text.Append(' ', 2 * _indent).Append(text).Append('\n');
}
