using System.Globalization;
using Atoll.Components.Types;
using Atoll.Sdk.Bindgen.Plan;
using Atoll.Wit;

namespace Atoll.Sdk.Bindgen.Rust;

/// <summary>Writes the types of a name space, and how they pass the canonical ABI.</summary>
internal sealed class RustTypes(BindingPlan plan, RustNames names, IndentingWriter writer)
{
    /// <summary>The types of an interface or world: its own ones are defined, others get a name here too.</summary>
    public void Write(PlannedScope scope)
    {
        foreach (WitTypeDefinition definition in scope.Owner.Types.Where(type => type.Body is not WitResource))
        {
            if (definition.Target.Body is WitResource)
            {
                PlannedResource resource = plan.FindResource(definition, scope.Side);
                Reexport(scope, definition, resource.Scope, names.Name(resource));
                continue;
            }

            PlannedType type = plan.Find(new WitNamed(definition), scope.Side);
            if (type.Definition == definition && type.Scope == scope)
            {
                Define(type);
            }
            else if (type.Definition is not null)
            {
                Reexport(scope, definition, type.Scope!, names.Name(type));
            }
            else
            {
                writer.Separate();
                Docs(definition.Annotations.Docs);
                string lifetime = RustNames.HasBorrow(type) ? "<'a>" : "";
                writer.Line($"pub type {names.Take(scope, Identifiers.Pascal(definition.Name))}{lifetime} = {names.Text(type, scope, "'a")};");
            }
        }
    }

    public void Docs(string? docs) => writer.Lines(IndentingWriter.DocLines(docs).Select(line => line.Length == 0 ? "///" : $"/// {line}"));

    /// <summary>How tuples pass, for each number of items that occurs.</summary>
    public void WriteTuples()
    {
        foreach (int count in plan.Types.Where(type => type.Kind == ComponentValueKind.Tuple).Select(type => type.Fields.Count).Distinct().Order())
        {
            string[] letters = [.. Enumerable.Range(0, count).Select(i => $"T{i}")];
            string tuple = RustNames.Tuple(letters);
            (string Name, string Type)[] items = [.. letters.Select((letter, i) => (i.ToString(CultureInfo.InvariantCulture), letter))];
            string bounds = string.Join(", ", letters.Select(letter => letter + ": rt::Lower"));
            writer.Separate();
            writer.Open($"impl<{bounds}> rt::Lower for {tuple}");
            string align = letters.Reverse().Aggregate("1", (rest, letter) => rest == "1" ? $"{letter}::ALIGN" : $"rt::max({letter}::ALIGN, {rest})");
            string end = letters.Aggregate("0", (offset, letter) => $"rt::align_to({offset}, {letter}::ALIGN) + {letter}::SIZE");
            writer.Line($"const SIZE: usize = rt::align_to({end}, Self::ALIGN);");
            writer.Line($"const ALIGN: usize = {align};");
            Product(items, "self.", null);
            writer.Close();
            writer.Open($"impl<{bounds.Replace("Lower", "Lift", StringComparison.Ordinal)}> rt::Lift for {tuple}");
            ProductLift(items, null, values => RustNames.Tuple(values.Select(value => value.Value)));
            writer.Close();
        }
    }

    private void Reexport(PlannedScope scope, WitTypeDefinition definition, PlannedScope origin, string name)
    {
        string path = names.PathTo(origin, scope);
        string own = names.Take(scope, Identifiers.Pascal(definition.Name));
        if (path.Length == 0 && own == name)
        {
            return;
        }

        writer.Separate();
        writer.Line($"pub use {(path.Length == 0 ? "self::" : path)}{name}{(own == name ? "" : " as " + own)};");
    }

    private void Define(PlannedType type)
    {
        writer.Separate();
        Docs(type.Definition!.Annotations.Docs);
        switch (type.Kind)
        {
            case ComponentValueKind.Record:
                Record(type);
                break;
            case ComponentValueKind.Variant:
                Variant(type);
                break;
            case ComponentValueKind.Enum:
                Enum(type);
                break;
            default:
                Flags(type);
                break;
        }
    }

    private void Record(PlannedType type)
    {
        string name = names.Name(type);
        string generics = RustNames.HasBorrow(type) ? "<'a>" : "";
        writer.Line(Derives(type));
        writer.Open($"pub struct {name}{generics}");
        foreach (PlannedField field in type.Fields)
        {
            Docs(field.Docs);
            writer.Line($"pub {RustNames.Snake(field.Name)}: {names.Text(field.Type, type.Scope!, "'a")},");
        }

        writer.Close();
        (string Name, string Type)[] items = [.. type.Fields.Select(field => (RustNames.Snake(field.Name), names.Text(field.Type, type.Scope!, "'a")))];
        uint[] offsets = [.. type.Fields.Select(field => field.Offset)];
        writer.Open($"impl{generics} rt::Lower for {name}{generics}");
        Sizes(type);
        Product(items, "self.", offsets);
        writer.Close();
        writer.Open($"impl{generics} rt::Lift for {name}{generics}");
        ProductLift(items, offsets, values => $"{name} {{ {string.Join(", ", values.Select(value => $"{value.Name}: {value.Value}"))} }}");
        writer.Close();
    }

    // Without offsets they are computed from the types.
    private void Product((string Name, string Type)[] items, string self, uint[]? offsets)
    {
        writer.Line($"const FLAT: usize = {(items.Length == 0 ? "0" : string.Join(" + ", items.Select(item => $"<{item.Type} as rt::Lower>::FLAT")))};");
        writer.Line("#[inline]");
        writer.Open("unsafe fn lower(&self, to: *mut u64, temps: &mut rt::Temps)");
        for (int i = 0; i < items.Length; i++)
        {
            writer.Line($"rt::Lower::lower(&{self}{items[i].Name}, to, temps);");
            if (i < items.Length - 1)
            {
                writer.Line($"let to = to.add(<{items[i].Type} as rt::Lower>::FLAT);");
            }
        }

        writer.Close();
        writer.Line("#[inline]");
        writer.Open("unsafe fn store(&self, to: *mut u8, temps: &mut rt::Temps)");
        if (offsets is null)
        {
            writer.Line("let at = 0;");
        }

        for (int i = 0; i < items.Length; i++)
        {
            ComputedOffset(items, i, offsets);
            writer.Line($"rt::Lower::store(&{self}{items[i].Name}, to.add({(offsets is null ? "at" : offsets[i])}), temps);");
        }

        writer.Close();
    }

    private void ProductLift((string Name, string Type)[] items, uint[]? offsets, Func<IEnumerable<(string Name, string Value)>, string> make)
    {
        string result = make(items.Select((item, i) => (item.Name, $"item{i}")));
        writer.Line("#[inline]");
        writer.Open("unsafe fn lift(from: *const u64) -> Self");
        for (int i = 0; i < items.Length; i++)
        {
            writer.Line($"let item{i} = <{items[i].Type} as rt::Lift>::lift(from);");
            if (i < items.Length - 1)
            {
                writer.Line($"let from = from.add(<{items[i].Type} as rt::Lower>::FLAT);");
            }
        }

        writer.Line(result);
        writer.Close();
        writer.Line("#[inline]");
        writer.Open("unsafe fn load(from: *const u8) -> Self");
        if (offsets is null)
        {
            writer.Line("let at = 0;");
        }

        for (int i = 0; i < items.Length; i++)
        {
            ComputedOffset(items, i, offsets);
            writer.Line($"let item{i} = <{items[i].Type} as rt::Lift>::load(from.add({(offsets is null ? "at" : offsets[i])}));");
        }

        writer.Line(result);
        writer.Close();
    }

    private void ComputedOffset((string Name, string Type)[] items, int i, uint[]? offsets)
    {
        if (offsets is null)
        {
            string end = i == 0 ? "at" : $"at + {items[i - 1].Type}::SIZE";
            writer.Line($"let at = rt::align_to({end}, {items[i].Type}::ALIGN);");
        }
    }

    private void Variant(PlannedType type)
    {
        string name = names.Name(type);
        string generics = RustNames.HasBorrow(type) ? "<'a>" : "";
        (string Name, string? Type)[] cases =
            [.. type.Cases.Select(item => (RustNames.Pascal(item.Name), item.Type is null ? null : names.Text(item.Type, type.Scope!, "'a")))];
        writer.Line(Derives(type));
        writer.Open($"pub enum {name}{generics}");
        for (int i = 0; i < cases.Length; i++)
        {
            Docs(type.Cases[i].Docs);
            writer.Line(cases[i].Name + (cases[i].Type is { } payload ? $"({payload})," : ","));
        }

        writer.Close();
        string flat = cases.Select(item => item.Type).OfType<string>().Distinct()
            .Aggregate("0", (rest, part) => $"rt::max({rest}, <{part} as rt::Lower>::FLAT)");
        string number = Unsigned(type.DiscriminantSize);
        writer.Open($"impl{generics} rt::Lower for {name}{generics}");
        Sizes(type);
        writer.Line($"const FLAT: usize = 1 + {flat};");
        Match("unsafe fn lower(&self, to: *mut u64, temps: &mut rt::Temps)", i => $"*to = {i}", "rt::Lower::lower(value, to.add(1), temps)");
        string payloadStore = $"rt::Lower::store(value, to.add({type.PayloadOffset}), temps)";
        Match("unsafe fn store(&self, to: *mut u8, temps: &mut rt::Temps)", i => $"*(to as *mut {number}) = {i}", payloadStore);
        writer.Close();
        writer.Open($"impl{generics} rt::Lift for {name}{generics}");
        MatchLift("unsafe fn lift(from: *const u64) -> Self", "*from", "rt::Lift::lift(from.add(1))");
        MatchLift("unsafe fn load(from: *const u8) -> Self", $"*(from as *const {number})", $"rt::Lift::load(from.add({type.PayloadOffset}))");
        writer.Close();

        void Match(string head, Func<int, string> discriminant, string payload)
        {
            writer.Open(head);
            writer.Open("match self");
            for (int i = 0; i < cases.Length; i++)
            {
                if (cases[i].Type is null)
                {
                    writer.Line($"{name}::{cases[i].Name} => {discriminant(i)},");
                    continue;
                }

                writer.Open($"{name}::{cases[i].Name}(value) =>");
                writer.Line(discriminant(i) + ";");
                writer.Line(payload + ";");
                writer.Close();
            }

            writer.Close();
            writer.Close();
        }

        void MatchLift(string head, string discriminant, string payload)
        {
            writer.Open(head);
            writer.Open($"match {discriminant}");
            for (int i = 0; i < cases.Length; i++)
            {
                string pattern = i == cases.Length - 1 ? "_" : i.ToString(CultureInfo.InvariantCulture);
                writer.Line($"{pattern} => {name}::{cases[i].Name}{(cases[i].Type is null ? "" : $"({payload})")},");
            }

            writer.Close();
            writer.Close();
        }
    }

    private void Enum(PlannedType type)
    {
        string number = Unsigned(type.DiscriminantSize);
        writer.Line("#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]");
        writer.Line($"#[repr({number})]");
        writer.Open($"pub enum {names.Name(type)}");
        foreach (PlannedCase item in type.Cases)
        {
            Docs(item.Docs);
            writer.Line(RustNames.Pascal(item.Name) + ",");
        }

        writer.Close();
        writer.Line($"enumeration!({names.Name(type)}, {number});");
    }

    private void Flags(PlannedType type)
    {
        string name = names.Name(type);
        string bits = Unsigned(type.Size);
        writer.Line("#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]");
        writer.Open($"pub struct {name}");
        writer.Line($"bits: {bits},");
        writer.Close();
        writer.Open($"impl {name}");
        for (int i = 0; i < type.Flags.Count; i++)
        {
            Docs(type.Flags[i].Docs);
            writer.Line($"pub const {Identifiers.Upper(type.Flags[i].Name)}: Self = {name} {{ bits: 1 << {i} }};");
        }

        writer.Close();
        writer.Line($"flag_set!({name}, {bits}, 0x{(1UL << type.Flags.Count) - 1:x});");
    }

    private void Sizes(PlannedType type)
    {
        writer.Line($"const SIZE: usize = {type.Size};");
        writer.Line($"const ALIGN: usize = {type.Alignment};");
    }

    private static string Unsigned(uint size) => size switch
    {
        1 => "u8",
        2 => "u16",
        _ => "u32",
    };

    private static string Derives(PlannedType type)
    {
        if (type.HoldsOwn || RustNames.HasBorrow(type))
        {
            return "#[derive(Debug)]";
        }

        string copy = type.HoldsMemory ? "" : ", Copy";
        string equal = RustNames.Has(type, part => part.Kind is ComponentValueKind.F32 or ComponentValueKind.F64) ? "" : ", Eq, Hash";
        return $"#[derive(Clone{copy}, Debug, PartialEq{equal})]";
    }
}
