using System.CommandLine;

namespace Atoll.Cli.CommandLine;

/// <summary>Finds where the guest's arguments begin: everything after the first argument that is no option of ours.</summary>
internal static class GuestArguments
{
    /// <summary>How many of the arguments (those after the verb) are ours, PROGRAM included.</summary>
    public static int CountOwn(Command command, ReadOnlySpan<string> args)
    {
        for (int i = 0; i < args.Length; i++)
        {
            string word = args[i];
            if (word == "--")
            {
                // "--" ends our options; the next word is PROGRAM.
                return Math.Min(i + 2, args.Length);
            }

            if (!word.StartsWith('-') || word == "-")
            {
                return i + 1;
            }

            Option? option = Find(command, word);
            if (option is not null && option.Arity.MinimumNumberOfValues > 0 && !word.Contains('='))
            {
                i++; // its value
            }
        }

        return args.Length;
    }

    /// <summary>The first word that looks like an option and is none; the parser would take it for an argument.</summary>
    public static string? FindUnknownOption(Command command, ReadOnlySpan<string> args)
    {
        for (int i = 0; i < args.Length && args[i] != "--"; i++)
        {
            if (!args[i].StartsWith('-') || args[i] == "-")
            {
                continue;
            }

            if (Find(command, args[i]) is not { } option)
            {
                return args[i];
            }

            if (option.Arity.MinimumNumberOfValues > 0 && !args[i].Contains('='))
            {
                i++; // its value
            }
        }

        return null;
    }

    private static Option? Find(Command command, string word)
    {
        word = word.Split('=', 2)[0];
        foreach (Option option in command.Options.Append(AtollCommand.Help).Append(AtollCommand.Debug))
        {
            if (option.Name == word || option.Aliases.Contains(word))
            {
                return option;
            }
        }

        return null;
    }
}
