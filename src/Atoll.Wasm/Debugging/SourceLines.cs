using Atoll.Wasm.Binary;

namespace Atoll.Wasm.Debugging;

/// <summary>A place in a source file.</summary>
/// <param name="File">Path as the compiler wrote it.</param>
/// <param name="Line">1-based.</param>
internal readonly record struct SourceLine(string File, int Line);

/// <summary>
/// Which line of the source an instruction comes from, by the line number programs in <c>.debug_line</c> (DWARF 5, section 6.2; versions 2 to 5).
/// Addresses count from the start of the code section's content, as WebAssembly's conventions for DWARF have it.
/// </summary>
/// <remarks>Built at the first question. Data that cannot be read end the table early: a trap must not fail over its decoration.</remarks>
internal sealed class SourceLines
{
    /// <summary>The custom section without which there is no table.</summary>
    public const string SectionName = ".debug_line";

    /// <summary>Rows that are kept: some tens of megabytes.</summary>
    private const int MaximumRows = 2_000_000;

    private const int MaximumFiles = 100_000;

    private readonly List<Row> _rows = [];
    private readonly List<string> _files = [];
    private readonly byte[] _lineStrings;
    private readonly byte[] _strings;

    private readonly record struct Row(uint Address, int File, int Line, bool IsEnd);

    private SourceLines(ModuleDefinition module)
    {
        _lineStrings = Section(module, ".debug_line_str");
        _strings = Section(module, ".debug_str");
        Read(Section(module, SectionName));
        _rows.Sort((a, b) => a.Address != b.Address ? a.Address.CompareTo(b.Address) : b.IsEnd.CompareTo(a.IsEnd));
    }

    /// <summary>The table of a module; null when it carries none.</summary>
    public static SourceLines? Of(ModuleDefinition module) =>
        module.CustomSections.Any(s => s.Name == SectionName) && module.Bodies.Length > 0 ? new SourceLines(module) : null;

    /// <summary>The line of an instruction; null when nobody says.</summary>
    /// <param name="address">Offset of the instruction from the start of the code section's content.</param>
    public SourceLine? Find(uint address)
    {
        int low = 0;
        int high = _rows.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_rows[middle].Address <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low > 0 && _rows[low - 1] is { IsEnd: false, Line: > 0 } row && row.File < _files.Count ? new SourceLine(_files[row.File], row.Line) : null;
    }

    private static byte[] Section(ModuleDefinition module, string name) =>
        module.CustomSections.FirstOrDefault(s => s.Name == name) is { } section ? module.Bytes[section.Content.Start..section.Content.End] : [];

    private void Read(byte[] section)
    {
        DwarfReader reader = new(section);
        try
        {
            while (!reader.AtEnd && _rows.Count < MaximumRows)
            {
                ulong length = reader.U32();
                bool isWide = length == uint.MaxValue;
                length = isWide ? reader.U64() : length;
                ReadUnit(reader.Take((int)Math.Min(length, int.MaxValue)), isWide);
            }
        }
        catch (EndOfStreamException)
        {
            // Cut off: what was read stands.
        }
    }

    private void ReadUnit(ReadOnlySpan<byte> unit, bool isWide)
    {
        DwarfReader reader = new(unit);
        int version = reader.U16();
        if (version is < 2 or > 5)
        {
            return;
        }

        if (version == 5)
        {
            // Sizes of an address and of a segment selector.
            reader.Take(2);
        }

        ulong headerLength = reader.Offset(isWide);
        int program = (int)Math.Min((ulong)reader.Position + headerLength, (ulong)unit.Length);
        LineProgram machine = new()
        {
            MinimumLength = reader.Byte(),
            IsWide = isWide,
        };
        if (version >= 4)
        {
            // Operations for each instruction: always one here.
            reader.Byte();
        }

        reader.Byte();
        machine.LineBase = (sbyte)reader.Byte();
        machine.LineRange = reader.Byte();
        machine.OpcodeBase = reader.Byte();
        machine.OperandCounts = reader.Take(Math.Max(0, machine.OpcodeBase - 1)).ToArray();
        machine.FirstFile = _files.Count;
        if (version == 5)
        {
            ReadTables(ref reader, isWide);
        }
        else
        {
            ReadOldTables(ref reader);
        }

        reader.Position = program;
        Run(ref reader, machine, firstIndex: version == 5 ? 0 : 1);
    }

    /// <summary>Directories and files before version 5: lists of strings that an empty one ends.</summary>
    private void ReadOldTables(ref DwarfReader reader)
    {
        List<string> folders = [""];
        for (string folder = reader.Text(); folder.Length > 0 && folders.Count < MaximumFiles; folder = reader.Text())
        {
            folders.Add(folder);
        }

        for (string file = reader.Text(); file.Length > 0 && _files.Count < MaximumFiles; file = reader.Text())
        {
            ulong folder = reader.Unsigned();
            reader.Unsigned();
            reader.Unsigned();
            AddFile(folder < (ulong)folders.Count ? folders[(int)folder] : "", file);
        }
    }

    private void ReadTables(ref DwarfReader reader, bool isWide)
    {
        List<string> folders = [];
        ReadEntries(ref reader, isWide, (name, _) => folders.Add(name));
        ReadEntries(ref reader, isWide, (name, folder) => AddFile(folder < (ulong)folders.Count ? folders[(int)folder] : "", name));
    }

    /// <summary>A table of version 5: a description of its columns, then its rows. Two columns matter: the path and the directory's number.</summary>
    private void ReadEntries(ref DwarfReader reader, bool isWide, Action<string, ulong> add)
    {
        const ulong Path = 1;
        const ulong Folder = 2;
        List<(ulong Content, ulong Form)> columns = [];
        for (int count = reader.Byte(); count > 0; count--)
        {
            columns.Add((reader.Unsigned(), reader.Unsigned()));
        }

        for (ulong rows = reader.Unsigned(); rows > 0 && columns.Count > 0 && _files.Count < MaximumFiles; rows--)
        {
            string path = "";
            ulong folder = 0;
            foreach ((ulong content, ulong form) in columns)
            {
                (string text, ulong number) = ReadForm(ref reader, form, isWide);
                path = content == Path ? text : path;
                folder = content == Folder ? number : folder;
            }

            add(path, folder);
        }
    }

    /// <summary>One value (DWARF 5, 7.5.6), of the forms that such a table may use.</summary>
    private (string Text, ulong Number) ReadForm(ref DwarfReader reader, ulong form, bool isWide)
    {
        switch (form)
        {
            case 0x08: return (reader.Text(), 0);
            case 0x1F: return (TextAt(_lineStrings, reader.Offset(isWide)), 0);
            case 0x0E: return (TextAt(_strings, reader.Offset(isWide)), 0);
            case 0x0B: return ("", reader.Byte());
            case 0x05: return ("", reader.U16());
            case 0x06: return ("", reader.U32());
            case 0x07: return ("", reader.U64());
            case 0x0F: return ("", reader.Unsigned());
            case 0x1E:
                reader.Take(16);
                return ("", 0);
            case 0x09:
                reader.Take((int)Math.Min(reader.Unsigned(), int.MaxValue));
                return ("", 0);
            default: throw new EndOfStreamException();
        }
    }

    private static string TextAt(byte[] section, ulong offset)
    {
        if (offset >= (ulong)section.Length)
        {
            return "";
        }

        DwarfReader reader = new(section) { Position = (int)offset };
        return reader.Text();
    }

    private void AddFile(string folder, string file) =>
        _files.Add(folder.Length == 0 || file.StartsWith('/') ? file : $"{folder.TrimEnd('/')}/{file}");

    /// <summary>The constants and the state of the line number program's machine (DWARF 5, 6.2.2).</summary>
    private sealed class LineProgram
    {
        public required int MinimumLength { get; init; }

        public required bool IsWide { get; init; }

        public int LineBase { get; set; }

        public int LineRange { get; set; }

        public int OpcodeBase { get; set; }

        public byte[] OperandCounts { get; set; } = [];

        public int FirstFile { get; set; }

        public ulong Address { get; set; }

        public long File { get; set; } = 1;

        public long Line { get; set; } = 1;

        public void Reset() => (Address, File, Line) = (0, 1, 1);

        public void Advance(ulong operations) => Address += operations * (ulong)MinimumLength;
    }

    private void Run(ref DwarfReader reader, LineProgram machine, int firstIndex)
    {
        int sequence = _rows.Count;
        while (!reader.AtEnd && _rows.Count < MaximumRows && machine.LineRange > 0)
        {
            int opcode = reader.Byte();
            if (opcode >= machine.OpcodeBase)
            {
                int adjusted = opcode - machine.OpcodeBase;
                machine.Advance((ulong)(adjusted / machine.LineRange));
                machine.Line += machine.LineBase + (adjusted % machine.LineRange);
                Add(machine, firstIndex, isEnd: false);
            }
            else if (opcode == 0)
            {
                if (RunExtended(ref reader, machine))
                {
                    Add(machine, firstIndex, isEnd: true);
                    DropRemoved(sequence);
                    sequence = _rows.Count;
                    machine.Reset();
                }
            }
            else
            {
                RunStandard(ref reader, machine, opcode, firstIndex);
            }
        }
    }

    private void RunStandard(ref DwarfReader reader, LineProgram machine, int opcode, int firstIndex)
    {
        switch (opcode)
        {
            case 1: Add(machine, firstIndex, isEnd: false); break;
            case 2: machine.Advance(reader.Unsigned()); break;
            case 3: machine.Line += reader.Signed(); break;
            case 4: machine.File = (long)reader.Unsigned(); break;
            case 8: machine.Advance((ulong)((255 - machine.OpcodeBase) / machine.LineRange)); break;
            case 9: machine.Address += reader.U16(); break;
            default:
                // The header says how many operands an unknown one has.
                for (int i = machine.OperandCounts[opcode - 1]; i > 0; i--)
                {
                    reader.Unsigned();
                }

                break;
        }
    }

    /// <summary>An extended operation; true for the end of a sequence.</summary>
    private static bool RunExtended(ref DwarfReader reader, LineProgram machine)
    {
        DwarfReader operation = new(reader.Take((int)Math.Min(reader.Unsigned(), int.MaxValue)));
        if (operation.AtEnd)
        {
            return false;
        }

        switch (operation.Byte())
        {
            case 1:
                return true;
            case 2:
                machine.Address = operation.U32();
                return false;
            default:
                return false;
        }
    }

    private void Add(LineProgram machine, int firstIndex, bool isEnd)
    {
        long file = machine.File - firstIndex;
        bool fits = machine.Address <= uint.MaxValue && file is >= 0 and < MaximumFiles && machine.Line is >= 0 and <= int.MaxValue;
        if (fits || isEnd)
        {
            _rows.Add(new Row((uint)Math.Min(machine.Address, uint.MaxValue), fits ? machine.FirstFile + (int)file : 0, fits ? (int)machine.Line : 0, isEnd));
        }
    }

    /// <summary>Linkers give functions that they removed the address zero, or the largest: no code lies there.</summary>
    private void DropRemoved(int sequence)
    {
        if (_rows.Count > sequence && _rows[sequence].Address is 0 or >= uint.MaxValue - 1)
        {
            _rows.RemoveRange(sequence, _rows.Count - sequence);
        }
    }
}
