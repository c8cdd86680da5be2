using System.CommandLine;

namespace Atoll.Cli.CommandLine;

/// <summary>One verb of the command: its options, its help, and what it does.</summary>
internal abstract class Verb
{
    public abstract string Name { get; }

    /// <summary>One line for the list of verbs.</summary>
    public abstract string Summary { get; }

    /// <summary>What one needs to know beyond the options, or null.</summary>
    public virtual string? Remarks => null;

    /// <summary>At least one; a test holds every verb to it.</summary>
    public abstract IReadOnlyList<Example> Examples { get; }

    public virtual IReadOnlyList<Verb> Children => [];

    /// <summary>The exit codes that this verb uses beside <c>0</c>, <c>2</c> and <c>70</c>.</summary>
    public virtual IReadOnlyList<int> OtherExitCodes => [];

    /// <summary>Whether everything after the first argument belongs to the guest.</summary>
    public virtual bool PassesArguments => false;

    /// <summary>Adds options and arguments.</summary>
    public virtual void Define(Command command)
    {
    }

    public virtual Task<int> RunAsync(ParseResult arguments, CliContext context) =>
        throw CliException.Usage($"`{Name}` needs one of: {string.Join(", ", Children.Select(child => child.Name))}. Try `atoll {Name} --help`.");
}

/// <summary>A command line that works, and what it does.</summary>
internal sealed record Example(string Line, string Effect);

/// <summary>The parser's command that belongs to a <see cref="Verb"/>.</summary>
internal sealed class VerbCommand : Command
{
    public VerbCommand(Verb verb)
        : base(verb.Name, verb.Summary)
    {
        Verb = verb;
        foreach (Verb child in verb.Children)
        {
            Add(new VerbCommand(child));
        }

        verb.Define(this);
    }

    public Verb Verb { get; }
}
