using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Text;

/// <summary>Writes instructions in their plain form: one on a line in functions, all on one line in constant expressions.</summary>
/// <remarks>Works from the instruction table, so that a new instruction needs nothing here unless its immediates are of a new kind.</remarks>
internal sealed partial class InstructionPrinter(ModuleDefinition module, ModulePrinter printer, TextOutput output)
{
    /// <summary>The open labels, outermost first: the name or null, and the label of the same name that it hides or -1.</summary>
    private readonly List<(string? Name, int Hidden)> _labels = [];

    /// <summary>Innermost label of each name.</summary>
    private readonly Dictionary<string, int> _innermost = new(StringComparer.Ordinal);
    private List<(int Index, string Name)> _labelNames = [];
    private int _nextLabel;
    private int _nextLabelName;

    /// <summary>Identifiers of the locals of the function that is printed.</summary>
    public PrintedIds Locals { get; } = new();

    /// <summary>Writes the instructions of a body, each on a line of its own; the last <c>end</c> is left out.</summary>
    public void Body(FunctionBody body, List<(int Index, string Name)> labels, List<(int Offset, byte Value)>? hints, int depth)
    {
        Begin(labels);
        int nextHint = 0;
        var reader = new WasmReader(module.Bytes, body.Code.Start, body.Code.End);
        while (true)
        {
            int offset = reader.Position - body.Start;
            Instruction instruction = Read(ref reader);
            if (instruction.Opcode == Opcode.End && _labels.Count == 0)
            {
                return;
            }

            if (ClosesBlock(instruction))
            {
                CloseLabel();
            }

            output.Line(depth + _labels.Count - (BeginsPart(instruction) ? 1 : 0));
            if (nextHint < hints?.Count && hints[nextHint].Offset == offset)
            {
                output.Write(hints[nextHint++].Value == 0 ? $"(@{BranchHints.SectionName} \"\\00\") " : $"(@{BranchHints.SectionName} \"\\01\") ");
            }

            Print(instruction, ref reader, labelComments: true);
        }
    }

    /// <summary>Writes the instructions of a constant expression, each after a space; the last <c>end</c> is left out.</summary>
    public void Expression(ByteRange code)
    {
        Begin([]);
        var reader = new WasmReader(module.Bytes, code.Start, code.End);
        while (true)
        {
            Instruction instruction = Read(ref reader);
            if (instruction.Opcode == Opcode.End && _labels.Count == 0)
            {
                return;
            }

            if (ClosesBlock(instruction))
            {
                CloseLabel();
            }

            output.Write(' ');
            Print(instruction, ref reader, labelComments: false);
        }
    }

    /// <summary>
    /// Writes an expression that other tokens follow: <c>(i32.const 0)</c>, or <c>(offset …)</c> when it is not a single plain instruction.
    /// </summary>
    public void Delimited(ByteRange code, ReadOnlySpan<char> word)
    {
        output.Write('(');
        var reader = new WasmReader(module.Bytes, code.Start, code.End);
        Instruction first = Read(ref reader);
        bool single = false;
        if (first.Opcode != Opcode.End && !first.OpensBlock)
        {
            reader.SkipImmediate(first.Immediate);
            single = reader.Position == code.End - 1;
        }

        if (single)
        {
            Begin([]);
            reader.Position = code.Start;
            Print(Read(ref reader), ref reader, labelComments: false);
        }
        else
        {
            output.Write(word);
            Expression(code);
        }

        output.Write(')');
    }

    private void Begin(List<(int Index, string Name)> labels)
    {
        _labels.Clear();
        _innermost.Clear();
        _labelNames = labels;
        _nextLabel = 0;
        _nextLabelName = 0;
    }

    private static bool ClosesBlock(Instruction instruction) => instruction.Opcode is Opcode.End or Opcode.Delegate;

    /// <summary>Whether it ends a part of a block and begins the next one.</summary>
    private static bool BeginsPart(Instruction instruction) => instruction.Opcode is Opcode.Else or Opcode.Catch or Opcode.CatchAll;

    private static Instruction Read(ref WasmReader reader)
    {
        int offset = reader.Position;
        Opcode opcode = reader.ReadOpcode();
        return Instructions.TryGet(opcode, out Instruction instruction) ? instruction : throw OpcodeReader.Illegal(opcode, offset);
    }

    private void Print(Instruction instruction, ref WasmReader reader, bool labelComments)
    {
        output.Write(instruction.Mnemonic);
        if (instruction.OpensBlock)
        {
            string? label = DefineLabel();
            BlockType(ref reader);
            if (instruction.Immediate == ImmediateKind.TryTable)
            {
                CatchClauses(ref reader);
            }

            OpenLabel(label);
            if (labelComments && _labels[^1].Name is null)
            {
                output.Write("  ;; label = @");
                output.Unsigned((uint)_labels.Count);
            }
        }
        else
        {
            Immediates(instruction, ref reader);
        }
    }

    /// <summary>Writes the name of the next label; null when no identifier can say it. Labels are numbered in the order of their blocks.</summary>
    private string? DefineLabel()
    {
        while (_nextLabelName < _labelNames.Count && _labelNames[_nextLabelName].Index < _nextLabel)
        {
            _nextLabelName++;
        }

        int label = _nextLabel++;
        if (_nextLabelName == _labelNames.Count || _labelNames[_nextLabelName].Index != label)
        {
            return null;
        }

        string name = _labelNames[_nextLabelName].Name;
        PrintedIds.Define(output, name);
        return PrintedIds.IsUsable(name) ? name : null;
    }

    private void OpenLabel(string? name)
    {
        int hidden = -1;
        if (name is not null)
        {
            hidden = _innermost.GetValueOrDefault(name, -1);
            _innermost[name] = _labels.Count;
        }

        _labels.Add((name, hidden));
    }

    private void CloseLabel()
    {
        (string? name, int hidden) = _labels[^1];
        _labels.RemoveAt(_labels.Count - 1);
        if (name is not null && hidden < 0)
        {
            _innermost.Remove(name);
        }
        else if (name is not null)
        {
            _innermost[name] = hidden;
        }
    }

    /// <summary>A label by its name, or by its number with a comment that says which block that is.</summary>
    private void Label(uint number)
    {
        output.Write(' ');
        if (number < (uint)_labels.Count)
        {
            int index = _labels.Count - 1 - (int)number;
            if (_labels[index].Name is { } name && _innermost[name] == index)
            {
                PrintedIds.WriteId(output, name);
                return;
            }
        }

        output.Unsigned(number);
        if (number <= (uint)_labels.Count)
        {
            output.Write(" (;@");
            output.Unsigned((uint)_labels.Count - number);
            output.Write(";)");
        }
    }
}
