namespace Atoll.Wasm.Compilation;

/// <summary>
/// Where the variables of a giant function are kept (see <see cref="JitBudget"/>). RyuJIT inlines no method with more than 32 locals or 32 parameters: what
/// finds no place among the locals becomes a parameter, to which the caller passes nothing of interest; and what finds no place there either, a slot of a
/// frame that the caller has. Once inlined, all of them are locals of the caller.
/// </summary>
internal sealed class VariablePlacement
{
    private const int MostLocals = 32;
    private const int MostParameters = 32;

    private readonly Place[] _places;
    private readonly int[] _scratch = [-1, -1, -1, -1, -1, -1, -1];

    private VariablePlacement(int count) => _places = new Place[count];

    public enum Home : byte
    {
        Local,
        Parameter,
        Slot,
    }

    /// <param name="Home">What holds it.</param>
    /// <param name="Kind">Its type.</param>
    /// <param name="Index">Number of the local or parameter, or offset in the frame.</param>
    public readonly record struct Place(Home Home, LocalKind Kind, int Index);

    /// <summary>Locals of the method.</summary>
    public List<LocalKind> Locals { get; } = [];

    /// <summary>Parameters behind the function's own, without the frame's address.</summary>
    public List<LocalKind> Parameters { get; } = [];

    /// <summary>The parameter with the frame's address, the last one; -1 when there is no frame.</summary>
    public int FrameParameter { get; private set; } = -1;

    /// <summary>Finds places; null when there are too few.</summary>
    /// <param name="variables">The function's locals.</param>
    /// <param name="references">How often each is used.</param>
    /// <param name="parameters">Number of parameters that it has anyway.</param>
    /// <param name="sparingly">Whether to do with few locals and parameters, to test the frame.</param>
    public static VariablePlacement? For(List<LocalKind> variables, ReadOnlySpan<int> references, int parameters, bool sparingly)
    {
        VariablePlacement placement = new(variables.Count);
        int locals = sparingly ? 8 : MostLocals;
        int free = sparingly ? 2 : MostParameters - parameters;
        bool hasFrame = variables.Count > locals + free;
        if (hasFrame)
        {
            locals -= placement.ReserveScratch(variables);
            free--;
        }

        int[] order = [.. Enumerable.Range(0, variables.Count)];
        int[] keys = new int[order.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            // A slot of the frame holds 8 bytes, and no reference.
            keys[i] = variables[i] is LocalKind.V128 or LocalKind.Reference ? int.MinValue : -references[i];
        }

        Array.Sort(keys, order);
        int slots = 0;
        foreach (int variable in order)
        {
            LocalKind kind = variables[variable];
            if (locals-- > 0)
            {
                placement._places[variable] = new Place(Home.Local, kind, placement.Locals.Count);
                placement.Locals.Add(kind);
            }
            else if (free-- > 0)
            {
                placement._places[variable] = new Place(Home.Parameter, kind, parameters + placement.Parameters.Count);
                placement.Parameters.Add(kind);
            }
            else if (kind is LocalKind.V128 or LocalKind.Reference || slots == Execution.GiantFrame.Slots)
            {
                return null;
            }
            else
            {
                placement._places[variable] = new Place(Home.Slot, kind, 8 * slots++);
            }
        }

        placement.FrameParameter = hasFrame ? parameters + placement.Parameters.Count : -1;
        return placement;
    }

    public Place PlaceOf(int variable) => _places[variable];

    /// <summary>A local for a value on its way from IL's stack into a slot.</summary>
    public int Scratch(LocalKind kind) => _scratch[(int)kind];

    private int ReserveScratch(List<LocalKind> variables)
    {
        foreach (LocalKind kind in variables)
        {
            if (kind is not (LocalKind.V128 or LocalKind.Reference) && _scratch[(int)kind] < 0)
            {
                _scratch[(int)kind] = Locals.Count;
                Locals.Add(kind);
            }
        }

        return Locals.Count;
    }
}
