namespace Atoll.Wasm.Text;

/// <summary>One command of a script, whatever form the script was written in.</summary>
/// <param name="Line">1-based line in the text of the script; of the module where a module must fail, as the suites' JSON form has it.</param>
internal abstract record WastCommand(int Line);

/// <summary>A module to load, and to instantiate unless it is only a definition.</summary>
internal sealed record WastModuleCommand(int Line, string? Name, WastModule Module, bool IsDefinition) : WastCommand(Line);

/// <summary>An instance of a module that was defined before; without a name, of the last one.</summary>
internal sealed record WastInstanceCommand(int Line, string? Name, string? Definition) : WastCommand(Line);

/// <summary>Makes the exports of an instance importable.</summary>
internal sealed record WastRegisterCommand(int Line, string As, string? Name) : WastCommand(Line);

/// <summary>An action whose results do not matter.</summary>
internal sealed record WastActionCommand(int Line, WastAction Action) : WastCommand(Line);

/// <summary>An action and what it must give.</summary>
internal sealed record WastAssertReturn(int Line, WastAction Action, WastValue[] Expected) : WastCommand(Line);

/// <summary>What must fail, and how.</summary>
internal enum WastFailureKind
{
    /// <summary>The action, or the instantiation of the module, traps.</summary>
    Trap,

    /// <summary>The action exhausts the stack.</summary>
    Exhaustion,

    /// <summary>The action throws an exception that nothing catches; scripts say no more of it.</summary>
    Exception,

    /// <summary>The module does not follow the format.</summary>
    Malformed,

    /// <summary>The module does not validate.</summary>
    Invalid,

    /// <summary>An annotation or a custom section of the module does not follow its format.</summary>
    MalformedCustom,

    /// <summary>A custom section of the module speaks of something that the module does not have.</summary>
    InvalidCustom,

    /// <summary>The module's imports cannot be satisfied.</summary>
    Unlinkable,
}

/// <summary>An action or a module (exactly one of the two) that must fail with a message that starts with a text.</summary>
internal sealed record WastAssertFailure(int Line, WastFailureKind Kind, WastAction? Action, WastModule? Module, string Text) : WastCommand(Line);

/// <summary>Commands that run in a thread and a store of their own (the threads proposal's interpreter, "Scripts").</summary>
/// <param name="Line">1-based line.</param>
/// <param name="Name">Name of the thread.</param>
/// <param name="Shared">Instances of the script whose shared memories the thread can import.</param>
/// <param name="Commands">What it runs.</param>
internal sealed record WastThreadCommand(int Line, string Name, string[] Shared, List<WastCommand> Commands) : WastCommand(Line);

/// <summary>Waits until a thread is done; its failures count here.</summary>
internal sealed record WastWaitCommand(int Line, string Thread) : WastCommand(Line);

/// <summary>A command that this version does not know. Running it counts as a failure: nothing is skipped in silence.</summary>
internal sealed record WastUnknownCommand(int Line, string Word) : WastCommand(Line);

/// <summary>A module or component of a script. Text is assembled when it is run, so that its errors belong to its command.</summary>
internal sealed record WastModule(Func<byte[]> GetBinary, bool IsComponent = false);

/// <summary>A call of an exported function, or a look at an exported global.</summary>
internal sealed record WastAction(bool IsInvoke, string? Instance, string Name, WastValue[] Arguments);

internal enum WastValueKind
{
    /// <summary>A number: its bits.</summary>
    Number,

    /// <summary>Any NaN whose payload is only the top bit, of either sign.</summary>
    CanonicalNan,

    /// <summary>Any NaN with the top bit of its payload set.</summary>
    ArithmeticNan,

    /// <summary>A null reference.</summary>
    RefNull,

    /// <summary>The host's object with a number, or any reference to an object of the host.</summary>
    RefExtern,

    /// <summary>Any reference to a function.</summary>
    RefFunc,

    /// <summary>Any reference of the type that is not null.</summary>
    RefOf,

    /// <summary>The host's object with a number, in the hierarchy of <c>any</c>.</summary>
    RefHost,

    /// <summary>One of several.</summary>
    Either,

    /// <summary>A vector: a number or a pattern for each lane.</summary>
    Vector,

    /// <summary>A value that only components have.</summary>
    Component,
}

/// <summary>A value to pass, or a pattern that a result must match.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Type">Type of the value; null where the pattern leaves it open.</param>
/// <param name="Bits">Numbers: the bits. References to the host's objects: the number, or null for any.</param>
/// <param name="Alternatives">The patterns of <see cref="WastValueKind.Either"/>, or the lanes of a vector; the type of an integer lane is i64.</param>
/// <param name="Component">What <see cref="IWastComponents.TryValue"/> gave.</param>
internal sealed record WastValue(WastValueKind Kind, ValueType? Type, ulong? Bits = null, WastValue[]? Alternatives = null, object? Component = null)
{
    public override string ToString() => Kind switch
    {
        WastValueKind.Number => $"{Type}:0x{Bits:x}",
        WastValueKind.CanonicalNan => $"{Type}:nan:canonical",
        WastValueKind.ArithmeticNan => $"{Type}:nan:arithmetic",
        WastValueKind.RefNull => "ref.null",
        WastValueKind.RefExtern => $"ref.extern {Bits}",
        WastValueKind.RefFunc => "ref.func",
        WastValueKind.RefOf => $"ref of {Type}",
        WastValueKind.RefHost => $"ref.host {Bits}",
        WastValueKind.Component => $"{Component}",
        WastValueKind.Vector => $"v128 [{string.Join(", ", Alternatives ?? [])}]",
        _ => $"either ({string.Join(", ", Alternatives ?? [])})",
    };
}
