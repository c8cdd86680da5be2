using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>
/// Random programs of accesses at sums of locals and numbers, with branches, counted loops and growth in between, played in C# beside the engine: what the compiler takes
/// for checked must have been, on every way that control can come.
/// </summary>
public sealed class RandomAccessTests
{
    private const int Page = 65536;
    private const int MostPages = 3;
    private const int Locals = 3;
    private const int MostSteps = 50_000;

    /// <summary>What is done with a value that was loaded, and what of it has a meaning then: loads may be made narrower, and must trap as if they were not.</summary>
    private static readonly (string Text, long Mask)[] Uses =
    [
        ("{0}", -1), ("{0}", -1), ("(i64.and {0} (i64.const 255))", 255), ("(i64.extend_i32_u (i32.wrap_i64 {0}))", uint.MaxValue),
        ("(i64.extend_i32_u (i32.and (i32.wrap_i64 {0}) (i32.const 65535)))", 65535), ("(block (result i64) (drop {0}) (i64.const 0))", 0),
    ];

    private static readonly string[] Comparisons = ["i32.ne", "i32.lt_u", "i32.le_u", "i32.lt_s", "i32.le_s"];

    public static TheoryData<int, bool> Seeds => [.. Enumerable.Range(1, 24).SelectMany(seed => new TheoryDataRow<int, bool>[] { (seed, false), (seed, true) })];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_engine_does_what_the_model_does(int seed, bool faults)
    {
        WasmEngine engine = faults ? Guest.Faulting : Guest.Engine;
        Random random = new(seed);
        int traps = 0;
        int results = 0;
        for (int program = 0; program < 12; program++)
        {
            Node[] body = Block(random, depth: 0);
            bool calls = random.Next(2) == 0;
            string text = $"""
                (module (memory (export "memory") 1 {MostPages}) (func $nothing)
                  (func (export "f") (param $l0 i32) (param $l1 i32) (param $l2 i32) (result i64) (local $a i64) {(calls ? "(call $nothing)" : "")}
                    {string.Concat(body.Select(n => n.Text))} (local.get $a)))
                """;
            WasmModule module = Guest.Load(text, engine);
            for (int run = 0; run < 25; run++)
            {
                uint[] locals = [Address(random), Address(random), Address(random)];
                Model model = new((uint[])locals.Clone());
                string expected = model.Play(body);
                if (expected == "too long")
                {
                    continue;
                }

                using Store store = new(engine);
                Instance instance = new Linker(engine).Instantiate(store, module);
                string actual;
                try
                {
                    actual = instance.Call("f", [.. locals.Select(l => Value.I32((int)l))])[0].AsI64().ToString();
                    results++;
                }
                catch (TrapException trap)
                {
                    Assert.Equal(TrapKind.MemoryOutOfBounds, trap.Kind);
                    actual = "trap";
                    traps++;
                }

                Assert.True(expected == actual, $"seed {seed}, program {program}, locals {string.Join(' ', locals)}: {expected} expected, but {actual}\n{text}");
                ReadOnlySpan<byte> memory = instance.GetMemory("memory")!.GetSpan(0UL, (int)instance.GetMemory("memory")!.Pages * Page);
                Assert.True(memory.SequenceEqual(model.Memory.AsSpan(0, model.Pages * Page)), $"seed {seed}, program {program}, locals {string.Join(' ', locals)}: other memory\n{text}");
            }
        }

        Assert.True(traps > 0 && results > 0, $"{traps} traps and {results} results say little");
    }

    /// <summary>Near one of the places where something may go wrong.</summary>
    private static uint Address(Random random) => (uint)random.Next(-80, 81) + random.Next(14) switch
    {
        0 => 0u,
        1 => Page,
        2 => uint.MaxValue - Page,
        3 => 2 * Page,
        4 => (uint)random.Next(Page),
        _ => (uint)random.Next(1000, 20_000),
    };

    private static int Number(Random random) => random.Next(4) switch
    {
        0 => random.Next(-40_000, 40_000),
        1 => random.Next(-8, 9) * 8,
        _ => random.Next(-40, 41),
    };

    private static Node[] Block(Random random, int depth) => [.. Enumerable.Range(0, random.Next(2, depth == 0 ? 12 : 7)).Select(_ => Next(random, depth))];

    private static Node Next(Random random, int depth)
    {
        int local = random.Next(Locals);
        switch (random.Next(depth < 3 ? 14 : 10))
        {
            case < 6:
                return new Access(local, Number(random), random.Next(3) == 0 ? random.Next(70_000) : random.Next(20), 1 << random.Next(4), random.Next(3) == 0, Uses[random.Next(Uses.Length)]);
            case < 8:
                return new Set(local, random.Next(Locals), Number(random));
            case 8:
                return new Known(local, random.Next(5) == 0 ? Page : random.Next(Page + 100));
            case 9:
                return random.Next(3) == 0 ? new Grow() : new Plain("(call $nothing)");
            case 10 or 11:
                return new If(1L << random.Next(3), Block(random, depth + 1), random.Next(2) == 0 ? Block(random, depth + 1) : []);
            case 12:
                return new Leave(1L << random.Next(3), Block(random, depth + 1), Block(random, depth + 1));
            default:
                int step = random.Next(4) == 0 ? random.Next(-9, 10) : 1 << random.Next(9);
                int bound = random.Next(6) == 0 ? random.Next(-10, 10) : random.Next(3) == 0 ? Page + (8 * random.Next(-2, 3)) : random.Next(800);
                return new Count(local, random.Next(2) == 0 ? 0 : random.Next(200), step, Comparisons[random.Next(Comparisons.Length)], bound, random.Next(2) == 0, Block(random, depth + 2));
        }
    }

    private sealed class Trap : Exception;

    private sealed class TooLong : Exception;

    private sealed class Model(uint[] locals)
    {
        private int _steps;

        public byte[] Memory { get; } = new byte[MostPages * Page];

        public int Pages { get; set; } = 1;

        public uint[] Locals { get; } = locals;

        public long Sum { get; set; }

        public string Play(Node[] body)
        {
            try
            {
                Run(body);
                return Sum.ToString();
            }
            catch (Trap)
            {
                return "trap";
            }
            catch (TooLong)
            {
                return "too long";
            }
        }

        public void Run(Node[] body)
        {
            foreach (Node node in body)
            {
                if (++_steps > MostSteps)
                {
                    throw new TooLong();
                }

                node.Run(this);
            }
        }
    }

    private abstract record Node
    {
        public abstract string Text { get; }

        public abstract void Run(Model model);

        protected static string All(Node[] nodes) => string.Concat(nodes.Select(n => n.Text));

        protected static string Bit(long mask) => $"(i32.wrap_i64 (i64.and (local.get $a) (i64.const {mask})))";
    }

    private sealed record Plain(string Text) : Node
    {
        public override string Text { get; } = Text;

        public override void Run(Model model)
        {
        }
    }

    private sealed record Grow : Node
    {
        public override string Text => "(drop (memory.grow (i32.const 1)))";

        public override void Run(Model model) => model.Pages = Math.Min(model.Pages + 1, MostPages);
    }

    private sealed record Set(int Local, int From, int Number) : Node
    {
        public override string Text => $"(local.set $l{Local} (i32.add (local.get $l{From}) (i32.const {Number})))";

        public override void Run(Model model) => model.Locals[Local] = model.Locals[From] + (uint)Number;
    }

    private sealed record Known(int Local, int Number) : Node
    {
        public override string Text => $"(local.set $l{Local} (i32.const {Number}))";

        public override void Run(Model model) => model.Locals[Local] = (uint)Number;
    }

    private sealed record Access(int Local, int Number, int Offset, int Size, bool IsStore, (string Text, long Mask) Use) : Node
    {
        private string Width => Size == 8 ? "" : $"{8 * Size}";

        private string Address => Number == 0 ? $"(local.get $l{Local})" : $"(i32.add (local.get $l{Local}) (i32.const {Number}))";

        public override string Text => IsStore
            ? $"(i64.store{Width} offset={Offset} {Address} (i64.add (local.get $a) (i64.const 77)))"
            : $"(local.set $a (i64.add (i64.mul (local.get $a) (i64.const 31)) (i64.add (i64.const 1) {Load})))";

        private string Load => string.Format(CultureInfo.InvariantCulture, Use.Text, $"(i64.load{Width}{(Size == 8 ? "" : "_u")} offset={Offset} {Address})");

        public override void Run(Model model)
        {
            ulong at = (ulong)(model.Locals[Local] + (uint)Number) + (ulong)Offset;
            if (at + (ulong)Size > (ulong)(model.Pages * Page))
            {
                throw new Trap();
            }

            Span<byte> bytes = stackalloc byte[8];
            Span<byte> there = model.Memory.AsSpan((int)at, Size);
            if (IsStore)
            {
                BinaryPrimitives.WriteInt64LittleEndian(bytes, model.Sum + 77);
                bytes[..Size].CopyTo(there);
            }
            else
            {
                there.CopyTo(bytes);
                model.Sum = (model.Sum * 31) + 1 + (BinaryPrimitives.ReadInt64LittleEndian(bytes) & Use.Mask);
            }
        }
    }

    private sealed record If(long Mask, Node[] Then, Node[] Else) : Node
    {
        public override string Text => $"(if {Bit(Mask)} (then {All(Then)}) (else {All(Else)}))";

        public override void Run(Model model) => model.Run((model.Sum & Mask) != 0 ? Then : Else);
    }

    /// <summary>A block that is left in the middle.</summary>
    private sealed record Leave(long Mask, Node[] First, Node[] Second) : Node
    {
        public override string Text => $"(block {All(First)} (br_if 0 {Bit(Mask)}) {All(Second)})";

        public override void Run(Model model)
        {
            model.Run(First);
            if ((model.Sum & Mask) == 0)
            {
                model.Run(Second);
            }
        }
    }

    /// <summary>A loop that counts with a local, which its body may change too.</summary>
    private sealed record Count(int Local, int First, int Step, string Comparison, int Bound, bool Tees, Node[] Body) : Node
    {
        public override string Text
        {
            get
            {
                string sum = $"(i32.add (local.get $l{Local}) (i32.const {Step}))";
                StringBuilder text = new($"(local.set $l{Local} (i32.const {First})) (loop {All(Body)} ");
                text.Append(Tees ? "" : $"(local.set $l{Local} {sum}) ");
                string value = Tees ? $"(local.tee $l{Local} {sum})" : $"(local.get $l{Local})";
                return text.Append($"(br_if 0 ({Comparison} {value} (i32.const {Bound}))))").ToString();
            }
        }

        public override void Run(Model model)
        {
            model.Locals[Local] = (uint)First;
            do
            {
                model.Run(Body);
                model.Locals[Local] += (uint)Step;
            }
            while (GoesOn(model.Locals[Local]));
        }

        private bool GoesOn(uint value) => Comparison switch
        {
            "i32.ne" => value != (uint)Bound,
            "i32.lt_u" => value < (uint)Bound,
            "i32.le_u" => value <= (uint)Bound,
            "i32.lt_s" => (int)value < Bound,
            _ => (int)value <= Bound,
        };
    }
}
