using System.Text;

namespace Atoll.Wasm.Text;

/// <summary>Reads a script in the text form (the reference interpreter's README, "Scripts").</summary>
internal sealed class WastParser
{
    private readonly TextCursor _cursor;

    // Scripts name no types of a module; reference types in patterns can only be abstract ones.
    private readonly TextIndexSpace _noTypes = new("type");

    private readonly IWastComponents? _components;

    private WastParser(TextSource source, IWastComponents? components)
    {
        _cursor = new TextCursor(source);
        _components = components;
    }

    public static List<WastCommand> Parse(string text) => Parse(TextSource.Read(text));

    /// <param name="source">The script.</param>
    /// <param name="components">Reads components; without it they are no part of scripts.</param>
    public static List<WastCommand> Parse(TextSource source, IWastComponents? components = null) => new WastParser(source, components).Script();

    private List<WastCommand> Script()
    {
        List<WastCommand> commands = [];
        if (!_cursor.At(TokenKind.End) && !AtCommand())
        {
            // A script may be the fields of one module.
            return [new WastModuleCommand(_cursor.Line, null, new WastModule(() => WatText.Assemble(_cursor.Source)), IsDefinition: false)];
        }

        while (!_cursor.At(TokenKind.End))
        {
            commands.Add(Command());
        }

        return commands;
    }

    private bool AtCommand() =>
        AtModule || _cursor.AtOpen("register"u8) || _cursor.AtOpen("invoke"u8) || _cursor.AtOpen("get"u8)
        || (_cursor.At(TokenKind.Open) && _cursor.Peek(1).Kind == TokenKind.Keyword
            && _cursor.Source.Slice(_cursor.Peek(1)).StartsWith("assert_"u8))
        || _cursor.AtOpen("thread"u8) || _cursor.AtOpen("wait"u8);

    private bool AtModule => _cursor.AtOpen("module"u8) || AtComponent;

    private bool AtComponent => _components is not null && _cursor.AtOpen("component"u8);

    private WastCommand Command()
    {
        int line = _cursor.Line;
        if (AtModule)
        {
            return ModuleCommand(line);
        }

        if (_cursor.AtOpen("invoke"u8) || _cursor.AtOpen("get"u8))
        {
            return new WastActionCommand(line, Action());
        }

        _cursor.ExpectOpen();
        int start = _cursor.Position;
        string word = Encoding.UTF8.GetString(_cursor.Source.Slice(_cursor.Expect(TokenKind.Keyword, "a command")));
        WastCommand command = word switch
        {
            "register" => new WastRegisterCommand(line, _cursor.ExpectName(), _cursor.TryId()),
            "assert_return" => new WastAssertReturn(line, Action(), Results()),
            "assert_trap" => Failure(line, WastFailureKind.Trap),
            "assert_exhaustion" => Failure(line, WastFailureKind.Exhaustion),
            "assert_exception" => new WastAssertFailure(line, WastFailureKind.Exception, Action(), null, ""),
            "assert_malformed" => Failure(line, WastFailureKind.Malformed),
            "assert_invalid" => Failure(line, WastFailureKind.Invalid),
            "assert_malformed_custom" => Failure(line, WastFailureKind.MalformedCustom),
            "assert_invalid_custom" => Failure(line, WastFailureKind.InvalidCustom),
            "assert_unlinkable" => Failure(line, WastFailureKind.Unlinkable),
            "thread" => Thread(line),
            "wait" => new WastWaitCommand(line, ExpectId()),
            _ => Unknown(line, word, start),
        };
        _cursor.ExpectClose();
        return command;
    }

    /// <summary><c>$name (shared (module $name))* command*</c>; a thread has no threads of its own.</summary>
    private WastThreadCommand Thread(int line)
    {
        string name = ExpectId();
        List<string> shared = [];
        while (_cursor.TryOpen("shared"u8))
        {
            _cursor.ExpectOpen();
            _cursor.ExpectKeyword("module"u8);
            shared.Add(ExpectId());
            _cursor.ExpectClose();
            _cursor.ExpectClose();
        }

        List<WastCommand> commands = [];
        while (_cursor.At(TokenKind.Open))
        {
            commands.Add(_cursor.AtOpen("thread"u8) ? throw _cursor.Unexpected("a command other than thread") : Command());
        }

        return new WastThreadCommand(line, name, [.. shared], commands);
    }

    private string ExpectId() => _cursor.TryId() ?? throw _cursor.Unexpected("a name");

    private WastUnknownCommand Unknown(int line, string word, int start)
    {
        if (!word.StartsWith("assert_", StringComparison.Ordinal))
        {
            _cursor.Position = start;
            throw _cursor.Unexpected("a command");
        }

        _cursor.Position = start - 1;
        _cursor.Position = _cursor.Match;
        return new WastUnknownCommand(line, word);
    }

    private WastCommand ModuleCommand(int line)
    {
        int start = _cursor.Position;
        int end = _cursor.Match;
        bool isComponent = AtComponent;
        _cursor.Position += 2;
        bool instance = _cursor.TryKeyword("instance"u8);
        bool definition = !instance && _cursor.TryKeyword("definition"u8);
        string? name = _cursor.TryId();
        if (instance)
        {
            string? module = _cursor.TryId();
            _cursor.ExpectClose();
            return new WastInstanceCommand(line, name, module);
        }

        return new WastModuleCommand(line, name, Module(start, end, isComponent), definition);
    }

    private WastModule Module()
    {
        if (!AtModule)
        {
            throw _cursor.Unexpected("(module …)");
        }

        return Module(_cursor.Position, _cursor.Match, AtComponent);
    }

    private WastModule Module(int start, int end, bool isComponent)
    {
        TextSource source = _cursor.Source;
        _cursor.Position = end;
        _cursor.ExpectClose();
        if (isComponent)
        {
            return new WastModule(() => _components!.Assemble(new TextCursor(source, start)), IsComponent: true);
        }

        return new WastModule(() => WatText.AssembleModule(new TextCursor(source, start)));
    }

    private WastAssertFailure Failure(int line, WastFailureKind kind)
    {
        bool isAction = _cursor.AtOpen("invoke"u8) || _cursor.AtOpen("get"u8);
        line = isAction ? line : _cursor.Line;
        WastAction? action = isAction ? Action() : null;
        WastModule? module = isAction ? null : Module();
        return new WastAssertFailure(line, kind, action, module, _cursor.ExpectName());
    }

    private WastAction Action()
    {
        bool invoke = _cursor.TryOpen("invoke"u8);
        if (!invoke && !_cursor.TryOpen("get"u8))
        {
            throw _cursor.Unexpected("(invoke …) or (get …)");
        }

        string? instance = _cursor.TryId();
        string name = _cursor.ExpectName();
        List<WastValue> arguments = [];
        while (invoke && _cursor.At(TokenKind.Open))
        {
            WastValue value = Value();
            bool isConstant = value.Kind is WastValueKind.Number or WastValueKind.RefNull or WastValueKind.RefHost or WastValueKind.Component
                || (value.Kind == WastValueKind.Vector && value.Alternatives!.All(lane => lane.Kind == WastValueKind.Number))
                || (value.Kind == WastValueKind.RefExtern && value.Bits is not null);
            arguments.Add(isConstant ? value : throw _cursor.Unexpected("a constant"));
        }

        _cursor.ExpectClose();
        return new WastAction(invoke, instance, name, [.. arguments]);
    }

    private WastValue[] Results()
    {
        List<WastValue> results = [];
        while (_cursor.At(TokenKind.Open))
        {
            if (_cursor.TryOpen("either"u8))
            {
                List<WastValue> alternatives = [];
                while (_cursor.At(TokenKind.Open))
                {
                    alternatives.Add(Value());
                }

                _cursor.ExpectClose();
                results.Add(new WastValue(WastValueKind.Either, null, Alternatives: [.. alternatives]));
            }
            else
            {
                results.Add(Value());
            }
        }

        return [.. results];
    }

    /// <summary>One constant or pattern, with its parentheses.</summary>
    private WastValue Value()
    {
        _cursor.ExpectOpen();
        WastValue value =
            _cursor.TryKeyword("i32.const"u8) ? Number(ValueType.I32, _cursor.ExpectInteger(32))
            : _cursor.TryKeyword("i64.const"u8) ? Number(ValueType.I64, _cursor.ExpectInteger(64))
            : _cursor.TryKeyword("f32.const"u8) ? TryNan(ValueType.F32) ?? Number(ValueType.F32, _cursor.ExpectF32())
            : _cursor.TryKeyword("f64.const"u8) ? TryNan(ValueType.F64) ?? Number(ValueType.F64, _cursor.ExpectF64())
            : _cursor.TryKeyword("v128.const"u8) ? Vector()
            : _cursor.TryKeyword("ref.null"u8) ? new WastValue(WastValueKind.RefNull, _cursor.At(TokenKind.Close) ? null : NullType())
            : _cursor.TryKeyword("ref.extern"u8) ? new WastValue(WastValueKind.RefExtern, ValueType.ExternRef, _cursor.At(TokenKind.Nat) ? _cursor.ExpectNat(32) : null)
            : _cursor.TryKeyword("ref.func"u8) ? RefFunc()
            : _cursor.TryKeyword("ref.host"u8) ? new WastValue(WastValueKind.RefHost, ValueType.AnyRef, _cursor.ExpectNat(32))
            : _cursor.TryKeyword("ref.any"u8) ? RefOf(ValueType.AnyRef)
            : _cursor.TryKeyword("ref.eq"u8) ? RefOf(ValueType.EqRef)
            : _cursor.TryKeyword("ref.i31"u8) ? RefOf(ValueType.I31Ref)
            : _cursor.TryKeyword("ref.struct"u8) ? RefOf(ValueType.StructRef)
            : _cursor.TryKeyword("ref.array"u8) ? RefOf(ValueType.ArrayRef)
            : _components?.TryValue(_cursor) is { } component ? new WastValue(WastValueKind.Component, null, Component: component)
            : throw _cursor.Unexpected("a constant or a pattern");
        _cursor.ExpectClose();
        return value;
    }

    private static WastValue Number(ValueType type, ulong bits) => new(WastValueKind.Number, type, bits);

    private WastValue Vector()
    {
        (int bits, bool isFloat) = TextVectors.Shape(_cursor);
        WastValue[] lanes = new WastValue[128 / bits];
        for (int i = 0; i < lanes.Length; i++)
        {
            lanes[i] = !isFloat ? Number(ValueType.I64, _cursor.ExpectInteger(bits))
                : bits == 32 ? TryNan(ValueType.F32) ?? Number(ValueType.F32, _cursor.ExpectF32())
                : TryNan(ValueType.F64) ?? Number(ValueType.F64, _cursor.ExpectF64());
        }

        return new WastValue(WastValueKind.Vector, ValueType.V128, Alternatives: lanes);
    }

    private WastValue? TryNan(ValueType type) =>
        _cursor.TryKeyword("nan:canonical"u8) ? new WastValue(WastValueKind.CanonicalNan, type)
        : _cursor.TryKeyword("nan:arithmetic"u8) ? new WastValue(WastValueKind.ArithmeticNan, type)
        : null;

    private ValueType NullType() => new(TextTypes.HeapType(_cursor, _noTypes) + 0x80);

    private static WastValue RefOf(ValueType type) => new(WastValueKind.RefOf, type);

    private WastValue RefFunc()
    {
        // A script cannot know which index the engine gave: the number only says that it is a function.
        _cursor.Position += _cursor.AtIndex ? 1 : 0;
        return new WastValue(WastValueKind.RefFunc, ValueType.FuncRef);
    }
}
