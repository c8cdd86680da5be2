namespace Atoll.Components.Tests;

/// <summary>Changes components: bytes within sections, whole sections, and now and then the bytes of everything.</summary>
internal sealed class ComponentMutator(IReadOnlyList<byte[]> corpus, int seed)
{
    private static readonly byte[] Interesting = [0, 1, 2, 3, 4, 5, 0x10, 0x11, 0x12, 0x40, 0x41, 0x42, 0x43, 0x50, 0x60, 0x68, 0x69, 0x6A, 0x70, 0x72, 0x73, 0x7F, 0x80, 0xFF];
    private readonly Random _random = new(seed);

    /// <summary>The next input.</summary>
    public byte[] Next()
    {
        BinaryTree tree = BinaryTree.Read(Pick(corpus));
        for (int changes = 1 + _random.Next(4); changes > 0; changes--)
        {
            Change(tree);
        }

        byte[] bytes = tree.Write();
        return _random.Next(8) == 0 ? Change(bytes) : bytes;
    }

    private T Pick<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];

    private void Change(BinaryTree tree)
    {
        List<BinaryTree> nodes = [.. tree.All()];
        List<BinaryTree> components = [.. nodes.Where(n => n.Sections is not null)];
        switch (_random.Next(10))
        {
            case 0:
                // A section twice, elsewhere, or from another component.
                BinaryTree source = _random.Next(2) == 0 ? tree : BinaryTree.Read(Pick(corpus));
                List<BinaryTree> sections = [.. source.All().Skip(1)];
                if (sections.Count > 0)
                {
                    List<BinaryTree> target = Pick(components).Sections!;
                    target.Insert(_random.Next(target.Count + 1), Pick(sections).Clone());
                }

                break;
            case 1:
                List<BinaryTree> shrunk = Pick(components).Sections!;
                if (shrunk.Count > 0)
                {
                    shrunk.RemoveAt(_random.Next(shrunk.Count));
                }

                break;
            default:
                BinaryTree node = Pick(nodes);
                if (node.Sections is null)
                {
                    node.Content = Change(node.Content);
                }

                break;
        }
    }

    private byte[] Change(byte[] bytes)
    {
        int at = _random.Next(bytes.Length + 1);
        int length = Math.Min(_random.Next(_random.Next(4) == 0 ? 100 : 6), bytes.Length - at);
        switch (_random.Next(8))
        {
            case 0 when at < bytes.Length:
                return [.. bytes[..at], (byte)(bytes[at] ^ (1 << _random.Next(8))), .. bytes[(at + 1)..]];
            case 1 or 2 when at < bytes.Length:
                return [.. bytes[..at], Pick(Interesting), .. bytes[(at + 1)..]];
            case 3 when at < bytes.Length:
                return [.. bytes[..at], (byte)(bytes[at] + _random.Next(-2, 3)), .. bytes[(at + 1)..]];
            case 4:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 5:
                return [.. bytes[..(at + length)], .. bytes[at..]];
            case 6:
                byte[] number = [.. Enumerable.Repeat((byte)(0x80 | _random.Next(128)), _random.Next(6)), (byte)_random.Next(128)];
                return [.. bytes[..at], .. number, .. bytes[Math.Min(at + 1, bytes.Length)..]];
            default:
                byte[] other = Pick(corpus);
                int from = _random.Next(other.Length);
                return [.. bytes[..at], .. other[from..Math.Min(from + _random.Next(40), other.Length)], .. bytes[(at + (_random.Next(2) * length))..]];
        }
    }
}
