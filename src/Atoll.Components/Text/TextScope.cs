using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Components.Text;

/// <summary>The numbers of sections (Binary, "Component Definitions"). Declarators of types have no sections, but fall into the same kinds.</summary>
internal enum TextSection : byte
{
    Custom = 0,
    CoreModule = 1,
    CoreInstance = 2,
    CoreType = 3,
    Component = 4,
    Instance = 5,
    Alias = 6,
    Type = 7,
    Canon = 8,
    Start = 9,
    Import = 10,
    Export = 11,
}

/// <summary>One definition of a scope.</summary>
/// <param name="Section">The section that it belongs into.</param>
/// <param name="Draft">Its bytes.</param>
/// <param name="Definitions">What it adds to the index spaces.</param>
internal sealed record TextItem(TextSection Section, TextDraft Draft, params TextDefinition[] Definitions);

/// <summary>What can have identifiers of its own: a component, or the type of a component or an instance.</summary>
/// <param name="source">The text.</param>
/// <param name="outer">The scope around it, or null.</param>
/// <param name="id">Its identifier, for outer aliases, or null.</param>
/// <param name="isComponent">Whether it is a component, and not a type.</param>
internal sealed partial class TextScope(TextSource source, TextScope? outer, string? id, bool isComponent)
{
    private readonly Dictionary<(TextSort Sort, string Id), TextDefinition> _byId = [];
    private List<TextItem> _items = [];
    private TextIndexSpace? _coreTypes;

    /// <summary>The place of the definition that is being written.</summary>
    private int _current;

    public TextScope? Outer => outer;

    public string? Id => id;

    public bool IsComponent => isComponent;

    /// <summary>The name of the component in its name section, or null.</summary>
    public string? Name { get; init; }

    /// <summary>Takes the next definition.</summary>
    public void Add(TextItem item)
    {
        foreach (TextDefinition definition in item.Definitions)
        {
            Declare(definition);
        }

        _items.Add(item);
    }

    /// <summary>Makes all aliases that the text only implies, gives out the indices, and writes the scope.</summary>
    public void Write(ByteBuffer output)
    {
        Expand();
        Number();
        if (isComponent)
        {
            WriteSections(output);
        }
        else
        {
            WriteDeclarators(output);
        }
    }

    /// <summary>The core types by name, for core types that refer to others. Their indices must be known already.</summary>
    public TextIndexSpace CoreTypes => _coreTypes ??= FindCoreTypes();

    private TextIndexSpace FindCoreTypes()
    {
        TextIndexSpace types = new("core type");
        foreach ((TextSort sort, string name) in _byId.Keys)
        {
            if (sort == TextSort.CoreType)
            {
                types.Bind(name, _byId[(sort, name)].Index);
            }
        }

        return types;
    }

    /// <summary>The index that a reference without a path means in this scope.</summary>
    public uint IndexOf(TextReference reference) =>
        reference.Id is null ? reference.Number : Find(reference.Sort, reference.Id)?.Index ?? throw Unknown(reference);

    private TextDefinition? Find(TextSort sort, string name) => _byId.GetValueOrDefault((sort, name));

    private MalformedModuleException Unknown(TextReference reference) =>
        ErrorAt($"unknown {reference.Sort.Words()}: failed to find name `${reference.Id}`", reference.Token);

    private MalformedModuleException ErrorAt(string message, int token) => source.Error(message, source.Tokens[token].Start);

    private void Declare(TextDefinition definition)
    {
        if (definition.Id is { } name && !_byId.TryAdd((definition.Sort, name), definition))
        {
            throw ErrorAt($"duplicate {definition.Sort.Words()} identifier ${name}", definition.Token);
        }
    }

    /// <summary>Finds what the references mean, and puts aliases in front of the definitions that need them ("Alias Definitions").</summary>
    private void Expand()
    {
        List<TextItem> read = _items;
        _items = new List<TextItem>(read.Count);
        foreach (TextItem item in read)
        {
            foreach (TextReference reference in item.Draft.Uses)
            {
                if (reference.IsOpen)
                {
                    Resolve(reference);
                }
            }

            _items.Add(item);
        }
    }

    private void Resolve(TextReference reference)
    {
        if (reference.Path.Count > 0)
        {
            TextSort instances = reference.Sort.IsCore() && reference.Sort != TextSort.CoreModule ? TextSort.CoreInstance : TextSort.Instance;
            TextReference at = reference.AsInstance(instances);
            for (int i = 0; i < reference.Path.Count; i++)
            {
                TextSort sort = i == reference.Path.Count - 1 ? reference.Sort : instances;
                at = TextReference.To(Alias(new TextDefinition(sort), ExportAlias(at, sort, reference.Path[i])));
            }

            reference.Target = at.Target;
            return;
        }

        reference.Target = Find(reference.Sort, reference.Id!) ?? OuterAlias(reference);
    }

    /// <summary>An alias to an export of an instance.</summary>
    private TextDraft ExportAlias(TextReference instance, TextSort sort, string name)
    {
        if (instance is { Id: { } id, Target: null })
        {
            instance.Target = Find(instance.Sort, id);
        }

        TextDraft draft = new();
        sort.Write(draft.Bytes);
        draft.Bytes.Byte(instance.Sort == TextSort.CoreInstance ? (byte)1 : (byte)0);
        draft.Late(output => output.Unsigned(instance.Target?.Index ?? IndexOf(instance)));
        draft.Bytes.Name(name);
        return draft;
    }

    private TextDefinition OuterAlias(TextReference reference)
    {
        uint count = 1;
        for (TextScope? scope = outer; scope is not null; scope = scope.Outer, count++)
        {
            // The scope around this one may imply an alias of this name too, but only further on: then it is no use here.
            if (scope.Find(reference.Sort, reference.Id!) is { } target && target.ImpliedAt < scope._current)
            {
                if (!reference.Sort.IsStateless())
                {
                    throw ErrorAt($"outer item `{reference.Id}` is not a module, type, or component", reference.Token);
                }

                TextDefinition alias = new(reference.Sort, reference.Id, reference.Id) { ImpliedAt = _items.Count };
                return Alias(alias, OuterAlias(reference.Sort, count, target.Index));
            }
        }

        throw Unknown(reference);
    }

    private static TextDraft OuterAlias(TextSort sort, uint count, uint index)
    {
        TextDraft draft = new();
        sort.Write(draft.Bytes);
        draft.Bytes.Byte(2);
        draft.Bytes.Unsigned(count);
        draft.Bytes.Unsigned(index);
        return draft;
    }

    private TextDefinition Alias(TextDefinition definition, TextDraft draft)
    {
        Declare(definition);
        _items.Add(new TextItem(TextSection.Alias, draft, definition));
        return definition;
    }

    private void Number()
    {
        uint[] next = new uint[TextSorts.Count];
        foreach (TextItem item in _items)
        {
            foreach (TextDefinition definition in item.Definitions)
            {
                definition.Index = next[(int)definition.Sort]++;
            }
        }
    }
}
