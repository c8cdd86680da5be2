namespace Atoll.Wasm.Text;

/// <summary>What it takes to read and run scripts with components. The engine knows modules only; who knows components passes this in.</summary>
internal interface IWastComponents
{
    /// <summary>Assembles the <c>(component …)</c> at the cursor and moves past it.</summary>
    byte[] Assemble(TextCursor cursor);

    /// <summary>
    /// Reads a constant that only components have, from the word after its opening parenthesis to the closing one, which is left.
    /// Null, and nothing read, when the word is none of theirs.
    /// </summary>
    object? TryValue(TextCursor cursor);

    /// <summary>Begins to run a script.</summary>
    /// <param name="store">Where its instances live.</param>
    IWastComponentRun Begin(Store store);
}

/// <summary>The components of one script that runs.</summary>
internal interface IWastComponentRun
{
    /// <summary>Loads a component; throws when it is malformed or invalid.</summary>
    void Load(byte[] binary);

    /// <summary>Loads a component for later instances.</summary>
    void Define(string? name, byte[] binary);

    /// <summary>Whether there is a definition of a name; without a name, whether the last definition was a component.</summary>
    bool IsDefined(string? name);

    /// <summary>Makes an instance of a component that was defined.</summary>
    void InstantiateDefinition(string? name, string? definition);

    /// <summary>Makes an instance, which becomes the current one.</summary>
    void Instantiate(string? name, byte[] binary);

    /// <summary>Whether there is an instance of a name; without a name, whether there is a current one.</summary>
    bool HasInstance(string? name);

    /// <summary>Says that there is no current instance: a module takes its place.</summary>
    void Leave();

    /// <summary>Makes the exports of an instance importable.</summary>
    void Register(string importName, string? name);

    /// <summary>Calls a function; gives its result, null for none.</summary>
    object? Invoke(string? instance, string function, WastValue[] arguments);

    /// <summary>Whether a trap is the one that a script expects.</summary>
    bool IsExpected(TrapException trap, string text);

    /// <summary>What is wrong with a result, or null.</summary>
    string? Compare(object? result, WastValue[] expected);
}
