namespace Atoll.Wasm.Compilation;

/// <content>What the JIT compiler counts, and locals that are kept elsewhere.</content>
internal sealed partial class IlBuffer
{
    private int[] _localReferences = new int[256];
    private int _referenced;

    /// <summary>Instructions so far.</summary>
    public int Instructions { get; private set; }

    /// <summary>Instructions that name a local or an argument.</summary>
    public int References { get; private set; }

    /// <summary>How often each local is named; those past the end never.</summary>
    public ReadOnlySpan<int> LocalReferences => _localReferences.AsSpan(0, _referenced);

    /// <summary>Where locals are kept, when not in the locals of the same number.</summary>
    public VariablePlacement? Placement { get; set; }

    /// <summary>Basic blocks: one begins where a branch goes, and behind each branch. Few are only counted roughly.</summary>
    public int CountBlocks()
    {
        const int Few = 500;
        if (_fixups.Count < Few)
        {
            return 2 * _fixups.Count;
        }

        HashSet<int> starts = new(2 * _fixups.Count);
        foreach (Fixup fixup in _fixups)
        {
            starts.Add(_labels[fixup.Label].Position);
            starts.Add(fixup.SwitchEnd != 0 ? fixup.SwitchEnd : fixup.Position + 5);
        }

        return starts.Count + 1;
    }

    /// <summary>Sum over the labels before a position of the squares of the numbers of branches to them. A switch branches to a label once.</summary>
    public long CountMerges(int end)
    {
        int[] branches = new int[_labels.Count];
        int[] switches = new int[_labels.Count];
        long sum = 0;
        foreach (Fixup fixup in _fixups)
        {
            if (_labels[fixup.Label].Position >= end || (fixup.SwitchEnd != 0 && switches[fixup.Label] == fixup.SwitchEnd))
            {
                continue;
            }

            // (n + 1)² - n²
            sum += (2L * branches[fixup.Label]++) + 1;
            switches[fixup.Label] = fixup.SwitchEnd;
        }

        return sum;
    }

    private void NoteReference(int local)
    {
        if (local >= _localReferences.Length)
        {
            Array.Resize(ref _localReferences, Math.Max(local + 1, 2 * _localReferences.Length));
        }

        _referenced = Math.Max(_referenced, local + 1);
        _localReferences[local]++;
    }

    private void LoadPlaced(VariablePlacement placement, VariablePlacement.Place place)
    {
        switch (place.Home)
        {
            case VariablePlacement.Home.Local: Indexed(place.Index, 0x06, 0x11, 0x0C); break;
            case VariablePlacement.Home.Parameter: LoadArgument(place.Index); break;
            default:
                LoadPlacedAddress(placement, place);
                Emit(place.Kind switch
                {
                    LocalKind.I32 => Il.LdindI4,
                    LocalKind.F32 => Il.LdindR4,
                    LocalKind.F64 => Il.LdindR8,
                    LocalKind.Pointer => Il.LdindI,
                    _ => Il.LdindI8,
                });
                break;
        }
    }

    private void StorePlaced(VariablePlacement placement, VariablePlacement.Place place)
    {
        switch (place.Home)
        {
            case VariablePlacement.Home.Local: Indexed(place.Index, 0x0A, 0x13, 0x0E); break;
            case VariablePlacement.Home.Parameter: StoreArgument(place.Index); break;
            default:
                int scratch = placement.Scratch(place.Kind);
                Indexed(scratch, 0x0A, 0x13, 0x0E);
                LoadPlacedAddress(placement, place);
                Indexed(scratch, 0x06, 0x11, 0x0C);
                Emit(place.Kind switch
                {
                    LocalKind.I32 => Il.StindI4,
                    LocalKind.F32 => Il.StindR4,
                    LocalKind.F64 => Il.StindR8,
                    LocalKind.Pointer => Il.StindI,
                    _ => Il.StindI8,
                });
                break;
        }
    }

    private void LoadPlacedAddress(VariablePlacement placement, VariablePlacement.Place place)
    {
        switch (place.Home)
        {
            case VariablePlacement.Home.Local: Indexed(place.Index, -1, 0x12, 0x0D); break;
            case VariablePlacement.Home.Parameter: Indexed(place.Index, -1, 0x0F, 0x0A); break;
            default:
                LoadArgument(placement.FrameParameter);
                LoadInt32(place.Index);
                Emit(Il.ConvI);
                Emit(Il.Add);
                break;
        }
    }
}
