using System.CommandLine;

namespace Atoll.Cli.CommandLine;

/// <summary>Writes help in one shape for all verbs: purpose, usage, options, examples, exit codes.</summary>
internal static class HelpWriter
{
    private const int Width = 100;

    /// <summary>The words that lead to a command, for example <c>atoll mcp add</c>.</summary>
    public static string PathOf(Command command)
    {
        string path = command is VerbCommand ? command.Name : "atoll";
        for (Symbol? parent = command.Parents.FirstOrDefault(); parent is not null; parent = parent.Parents.FirstOrDefault())
        {
            path = (parent is VerbCommand ? parent.Name : "atoll") + " " + path;
        }

        return path;
    }

    public static void Write(TextWriter output, Command command)
    {
        Verb? verb = (command as VerbCommand)?.Verb;
        Paragraph(output, command.Description!, string.Empty);
        output.WriteLine();
        output.WriteLine($"usage: {Usage(command, verb)}");
        Rows(output, "verbs", verb is null
            ? [.. AtollCommand.AllVerbs().Select(other => (other.Name, other.Summary))]
            : [.. verb.Children.Select(child => (child.Name, child.Summary))]);
        Rows(output, "arguments", [.. command.Arguments.Select(argument => (argument.HelpName ?? argument.Name, argument.Description ?? string.Empty))]);
        IEnumerable<Option> options = command.Options.Where(option => !option.Hidden);
        if (verb is not null)
        {
            options = options.Concat([AtollCommand.Debug, AtollCommand.Help]);
        }

        Rows(output, "options", [.. options.Select(option => (Signature(option), option.Description ?? string.Empty))]);
        if (verb?.Remarks is { } remarks)
        {
            output.WriteLine();
            Paragraph(output, remarks, string.Empty);
        }

        if (verb is not null)
        {
            Examples(output, verb);
            ExitCodeRows(output, verb);
        }
        else
        {
            output.WriteLine();
            output.WriteLine("`atoll VERB --help` shows a verb's options, examples and exit codes.");
        }
    }

    private static string Usage(Command command, Verb? verb)
    {
        if (verb is null)
        {
            return "atoll VERB [options]";
        }

        string usage = PathOf(command) + (verb.Children.Count > 0 ? " VERB" : string.Empty) + (command.Options.Count > 0 ? " [options]" : string.Empty);
        foreach (Argument argument in command.Arguments)
        {
            string name = argument.HelpName ?? argument.Name;
            usage += argument.Arity.MinimumNumberOfValues == 0 ? $" [{name}]" : argument.Arity.MaximumNumberOfValues > 1 ? $" {name}..." : $" {name}";
        }

        return usage + (verb.PassesArguments ? " [ARGS...]" : string.Empty);
    }

    private static string Signature(Option option)
    {
        string names = string.Join(", ", option.Aliases.Where(alias => alias.Length == 2 && alias != "-?").Append(option.Name));
        return option.HelpName is { } value ? $"{names} {value}" : names;
    }

    private static void Rows(TextWriter output, string title, List<(string Left, string Right)> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        output.WriteLine();
        output.WriteLine($"{title}:");
        int column = Math.Min(30, rows.Max(row => row.Left.Length) + 4);
        foreach ((string left, string right) in rows)
        {
            string first = $"  {left}".PadRight(column);
            if (first.TrimEnd().Length >= column - 1)
            {
                output.WriteLine(first.TrimEnd());
                first = new string(' ', column);
            }

            Paragraph(output, right, new string(' ', column), first);
        }
    }

    private static void Examples(TextWriter output, Verb verb)
    {
        output.WriteLine();
        output.WriteLine("examples:");
        foreach (Example example in verb.Examples)
        {
            output.WriteLine($"  {example.Line}");
            Paragraph(output, example.Effect, "      ");
        }
    }

    private static void ExitCodeRows(TextWriter output, Verb verb)
    {
        HashSet<int> used = [ExitCodes.Ok, ExitCodes.Usage, ExitCodes.Internal, .. verb.OtherExitCodes];
        Rows(output, "exit codes", [.. ExitCodes.All.Where(row => used.Contains(row.Code)).Select(row => (row.Code.ToString(), row.Meaning))]);
    }

    /// <summary>Writes text wrapped at the width; the first line may have another beginning than the rest.</summary>
    private static void Paragraph(TextWriter output, string text, string indent, string? first = null)
    {
        foreach (string block in text.Split('\n'))
        {
            string line = first ?? indent;
            first = null;
            bool empty = true;
            foreach (string word in block.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (!empty && line.Length + 1 + word.Length > Width)
                {
                    output.WriteLine(line);
                    line = indent;
                    empty = true;
                }

                line += empty ? word : " " + word;
                empty = false;
            }

            output.WriteLine(line.TrimEnd());
        }
    }
}
