using System.Globalization;

namespace Atoll.Host.Configuration;

/// <summary>Something wrong in a file that a person wrote: where it is and what to do about it.</summary>
/// <param name="File">The file's path.</param>
/// <param name="Line">The line, counted from 1; 0 when the whole file is meant.</param>
/// <param name="Column">The column in UTF-8 bytes, counted from 1; 0 when the whole line or file is meant.</param>
/// <param name="Message">What is wrong and what to do.</param>
public sealed record Problem(string File, int Line, int Column, string Message)
{
    /// <summary>The line where the value ends that is meant, counted from 1; 0 when that is not known.</summary>
    public int EndLine { get; init; }

    /// <summary>The column in UTF-8 bytes, counted from 1, behind the value's last byte; 0 when that is not known.</summary>
    public int EndColumn { get; init; }

    /// <summary>Whether the file can be used as it is.</summary>
    public bool IsWarning { get; init; }

    /// <summary>The problem as compilers print it: <c>file(line,column): message</c>.</summary>
    /// <returns>One line of text.</returns>
    public override string ToString()
        => Line == 0
            ? $"{File}: {Message}"
            : string.Create(CultureInfo.InvariantCulture, $"{File}({Line},{Column}): {Message}");
}
