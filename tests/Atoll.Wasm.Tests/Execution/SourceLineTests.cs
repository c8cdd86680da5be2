using System.Text;
using Atoll.Wasm.Text;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>Traps of a module with DWARF data name the lines of its source (<c>Data/lines.c</c>, built by <c>Data/build.sh</c>).</summary>
public sealed class SourceLineTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Data");

    private static Instance Run(byte[] module) => new Linker(Guest.Engine).Instantiate(new Store(Guest.Engine), Guest.Engine.LoadModule(module));

    private static byte[] Lines() => File.ReadAllBytes(Path.Combine(Folder, "lines.wasm"));

    private static int LineOf(string text) => Array.FindIndex(File.ReadAllLines(Path.Combine(Folder, "lines.c")), line => line.Contains(text, StringComparison.Ordinal)) + 1;

    [Fact]
    public void A_division_names_its_line_and_those_of_its_callers()
    {
        TrapException trap = Assert.Throws<TrapException>(() => Run(Lines()).Call("quotient", 1, 0));
        Assert.Equal(TrapKind.IntegerDivideByZero, trap.Kind);
        Assert.Equal(
            [$"divide (src/t.c:{LineOf("return a / b")})", $"quotient (src/t.c:{LineOf("return divide")})"],
            trap.GuestStack.Select(frame => frame.ToString().Split('!')[^1]));
        Assert.All(trap.GuestStack, frame => Assert.True(frame.CodeOffset > 0));
    }

    [Fact]
    public void A_memory_access_names_its_line_although_its_check_is_shared()
    {
        TrapException trap = Assert.Throws<TrapException>(() => Run(Lines()).Call("peek", 100_000_000));
        Assert.Equal(TrapKind.MemoryOutOfBounds, trap.Kind);
        Assert.Equal((LineOf("return sum + at"), LineOf("int y = fetch")), (trap.GuestStack[0].SourceLine, trap.GuestStack[1].SourceLine));
    }

    [Fact]
    public void Unreachable_names_its_line() =>
        Assert.Equal(LineOf("__builtin_trap"), Assert.Throws<TrapException>(() => Run(Lines()).Call("stop")).GuestStack[0].SourceLine);

    // Data that make no sense may cost the line, never the trap.
    [Fact]
    public void Damaged_data_cost_the_line_at_most()
    {
        byte[] module = Lines();
        int section = module.AsSpan().IndexOf(".debug_line"u8) + ".debug_line".Length;
        Random random = new(7);
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = [.. module];
            for (int j = random.Next(1, 6); j > 0; j--)
            {
                damaged[section + random.Next(120)] = (byte)random.Next(256);
            }

            Instance instance = Run(damaged);
            TrapException trap = Assert.Throws<TrapException>(() => instance.Call("quotient", 1, 0));
            Assert.Equal(2, trap.GuestStack.Length);
            Assert.NotEmpty(trap.GuestStack[0].ToString());
            // The stack is read when it is asked for, from the code.
            GC.KeepAlive(instance);
        }
    }

    [Fact]
    public void Without_data_a_frame_still_tells_the_offset()
    {
        TrapException trap = Assert.Throws<TrapException>(() => Guest.Run("(module (func (export \"f\") (nop) (unreachable)))").Call("f"));
        Assert.Null(trap.GuestStack[0].SourceFile);
        Assert.Equal((0, "function[0]"), (trap.GuestStack[0].SourceLine, trap.GuestStack[0].ToString()));
        Assert.True(trap.GuestStack[0].CodeOffset > 0);
    }

    // Version 4 has its own tables of folders and files; written by hand: address 3 is line 7 of dir/old.c.
    [Fact]
    public void The_older_format_is_read_too()
    {
        byte[] program =
        [
            0, 5, 2, 3, 0, 0, 0, // set address 3
            3, 6, 1, // line += 6, row
            2, 20, 0, 1, 1, // address += 20, end
        ];
        byte[] tables = [.. "dir\0\0"u8, .. "old.c\0"u8, 1, 0, 0, 0];
        byte[] header = [1, 1, 1, unchecked((byte)-5), 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, .. tables];
        byte[] unit = [4, 0, .. BitConverter.GetBytes(header.Length), .. header, .. program];
        byte[] section = [.. BitConverter.GetBytes(unit.Length), .. unit];
        byte[] module = [.. WatText.ToBinary("(module (func (export \"f\") (unreachable)))"), .. Custom(".debug_line", section)];
        TrapException trap = Assert.Throws<TrapException>(() => Run(module).Call("f"));
        Assert.Equal("function[0] (dir/old.c:7)", trap.GuestStack[0].ToString());
    }

    private static byte[] Custom(string name, byte[] content) =>
        [0, (byte)(name.Length + 1 + content.Length), (byte)name.Length, .. Encoding.ASCII.GetBytes(name), .. content];
}
