using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Atoll.Wasm.Compilation;

namespace Atoll.Wasm.Debugging;

/// <summary>A function in a profile.</summary>
/// <param name="Code">Its module.</param>
/// <param name="Index">Its number, imports not counted.</param>
internal readonly record struct GuestFunction(CompiledModule Code, int Index);

/// <summary>Samples, as paths in a tree of calls: stacks that begin alike share what they have in common. What it holds is bounded.</summary>
internal sealed class ProfileTree
{
    private const int MaximumNodes = 500_000;
    private const int MaximumRuns = 1_000_000;

    /// <summary>Of a deeper stack the outermost and the innermost frames are kept.</summary>
    private const int MaximumDepth = 512;

    private const int Root = -1;

    private readonly List<(string Name, string? File, int Line)> _frames = [];
    private readonly Dictionary<GuestFunction, int> _functions = [];
    private readonly Dictionary<string, int> _others = [];
    private readonly List<(int Parent, int Frame)> _nodes = [];
    private readonly Dictionary<(int Parent, int Frame), int> _index = [];
    private readonly List<Run> _runs = [];

    /// <summary>For each node the last run that is at it; used when there is no room for more runs.</summary>
    private readonly Dictionary<int, int> _lastRuns = [];

    /// <param name="Node">Where.</param>
    /// <param name="Microseconds">How long.</param>
    private record struct Run(int Node, long Microseconds);

    public long Samples { get; private set; }

    public long Microseconds { get; private set; }

    /// <param name="stack">Innermost first.</param>
    /// <param name="microseconds">Time that its innermost function ran.</param>
    /// <param name="compiling">Time that the JIT compiler ran for it.</param>
    public void Add(List<GuestFunction> stack, long microseconds, long compiling)
    {
        Samples++;
        int node = Root;
        for (int i = stack.Count - 1; i >= 0; i--)
        {
            if (stack.Count > MaximumDepth && i == stack.Count - 1 - (MaximumDepth / 2))
            {
                node = Child(node, Other("[…]"));
                i = (MaximumDepth / 2) - 1;
            }

            node = Child(node, FrameOf(stack[i]));
        }

        if (compiling > 0)
        {
            AddRun(Child(node, Other("[JIT compiler]")), compiling);
        }

        if (microseconds > 0 || compiling == 0)
        {
            AddRun(node == Root ? Child(Root, Other("[unknown]")) : node, microseconds);
        }
    }

    public void WriteSpeedscope(Stream output, string name)
    {
        using Utf8JsonWriter json = new(output);
        json.WriteStartObject();
        json.WriteString("$schema", "https://www.speedscope.app/file-format-schema.json");
        json.WriteString("exporter", "atoll");
        json.WriteString("name", name);
        json.WriteStartObject("shared");
        json.WriteStartArray("frames");
        foreach ((string function, string? file, int line) in _frames)
        {
            json.WriteStartObject();
            json.WriteString("name", function);
            if (file is not null)
            {
                json.WriteString("file", file);
                json.WriteNumber("line", line);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartArray("profiles");
        json.WriteStartObject();
        json.WriteString("type", "sampled");
        json.WriteString("name", name);
        json.WriteString("unit", "microseconds");
        json.WriteNumber("startValue", 0);
        json.WriteNumber("endValue", Microseconds);
        json.WriteStartArray("samples");
        foreach (Run run in _runs)
        {
            json.WriteStartArray();
            foreach (int frame in Path(run.Node))
            {
                json.WriteNumberValue(frame);
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteStartArray("weights");
        foreach (Run run in _runs)
        {
            json.WriteNumberValue(run.Microseconds);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public void WriteFolded(TextWriter output)
    {
        foreach (IGrouping<int, Run> stack in _runs.GroupBy(run => run.Node).OrderBy(stack => stack.Key))
        {
            IEnumerable<string> names = Path(stack.Key).Select(frame => Plain(_frames[frame].Name));
            output.Write($"{string.Join(';', names)} {stack.Sum(run => run.Microseconds).ToString(CultureInfo.InvariantCulture)}\n");
        }
    }

    /// <summary>A name without what separates names and stacks in the format.</summary>
    private static string Plain(string name)
    {
        StringBuilder plain = new(name);
        for (int i = 0; i < plain.Length; i++)
        {
            plain[i] = plain[i] == ';' ? ':' : char.IsControl(plain[i]) ? ' ' : plain[i];
        }

        return plain.ToString();
    }

    private void AddRun(int node, long microseconds)
    {
        Microseconds += microseconds;
        if (_runs.Count > 0 && _runs[^1].Node == node)
        {
            CollectionsMarshal.AsSpan(_runs)[^1].Microseconds += microseconds;
        }
        else if (_runs.Count < MaximumRuns || !_lastRuns.TryGetValue(node, out int last))
        {
            _lastRuns[node] = _runs.Count;
            _runs.Add(new Run(node, microseconds));
        }
        else
        {
            CollectionsMarshal.AsSpan(_runs)[last].Microseconds += microseconds;
        }
    }

    private int Child(int parent, int frame)
    {
        if (!_index.TryGetValue((parent, frame), out int node))
        {
            if (_nodes.Count >= MaximumNodes)
            {
                return parent;
            }

            node = _nodes.Count;
            _nodes.Add((parent, frame));
            _index.Add((parent, frame), node);
        }

        return node;
    }

    private int FrameOf(GuestFunction function)
    {
        if (!_functions.TryGetValue(function, out int frame))
        {
            frame = _frames.Count;
            _frames.Add(function.Code.Describe(function.Index));
            _functions.Add(function, frame);
        }

        return frame;
    }

    private int Other(string name)
    {
        if (!_others.TryGetValue(name, out int frame))
        {
            frame = _frames.Count;
            _frames.Add((name, null, 0));
            _others.Add(name, frame);
        }

        return frame;
    }

    private List<int> Path(int node)
    {
        List<int> path = [];
        for (; node != Root; node = _nodes[node].Parent)
        {
            path.Add(_nodes[node].Frame);
        }

        path.Reverse();
        return path;
    }
}
