using System.CommandLine;
using Atoll.Cli.CommandLine;

namespace Atoll.Cli.Tests;

/// <summary>Help is a contract: its text is kept in Golden/, and every verb has what help promises.</summary>
public sealed class HelpTests
{
    public static TheoryData<string> Paths => [.. AllPaths()];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Help_is_the_golden_text(string path)
    {
        using CliRunner cli = new();
        CliResult result = await cli.RunAsync([.. path.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Equal(0, result.Code);
        Assert.Empty(result.Error);
        Golden.Check($"help{(path.Length == 0 ? string.Empty : "-" + path.Replace(' ', '-'))}.txt", result.Out);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_verb_has_examples_and_every_option_a_description(string path)
    {
        Command command = AtollCommand.BuildRoot();
        foreach (string word in path.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            command = command.Subcommands.Single(child => child.Name == word);
        }

        Assert.All(command.Options, option => Assert.False(string.IsNullOrWhiteSpace(option.Description), option.Name));
        Assert.All(command.Options.Where(option => option.Arity.MinimumNumberOfValues > 0), option => Assert.NotNull(option.HelpName));
        Assert.All(command.Arguments, argument => Assert.False(string.IsNullOrWhiteSpace(argument.Description), argument.Name));
        if (command is VerbCommand { Verb: var verb })
        {
            Assert.NotEmpty(verb.Examples);
            Assert.All(verb.Examples, example => Assert.Contains("atoll " + path.Split(' ')[0], example.Line, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task No_arguments_show_the_same_as_help()
    {
        using CliRunner cli = new();
        Assert.Equal(await cli.RunAsync("--help"), await cli.RunAsync());
        Assert.Equal(await cli.RunAsync("run", "--help"), await cli.RunAsync("run", "-h"));
        Assert.Equal(await cli.RunAsync("--help"), await cli.RunAsync("help"));
        Assert.Equal(await cli.RunAsync("wit", "check", "--help"), await cli.RunAsync("help", "wit", "check"));
    }

    [Fact]
    public void The_documented_exit_codes_are_those_of_the_program()
    {
        string[] documented = [.. File.ReadAllLines(TestRepository.PathTo("docs", "cli.md")).Where(line => line.StartsWith("| ", StringComparison.Ordinal) && char.IsAsciiDigit(line[2]))];
        Assert.Equal(ExitCodes.All.Select(row => $"| {row.Code} | {row.Meaning} |"), documented);
    }

    [Fact]
    public void Every_verb_is_in_the_document()
    {
        string document = File.ReadAllText(TestRepository.PathTo("docs", "cli.md"));
        Assert.All(AllPaths().Where(path => path.Length > 0), path => Assert.Contains($"`atoll {path}", document, StringComparison.Ordinal));
    }

    private static IEnumerable<string> AllPaths()
    {
        yield return string.Empty;
        foreach (string path in Below(AtollCommand.BuildRoot(), string.Empty))
        {
            yield return path;
        }

        static IEnumerable<string> Below(Command command, string prefix)
        {
            foreach (Command child in command.Subcommands)
            {
                yield return prefix + child.Name;
                foreach (string path in Below(child, prefix + child.Name + " "))
                {
                    yield return path;
                }
            }
        }
    }
}
