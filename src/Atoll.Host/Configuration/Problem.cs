using System.Globalization;

namespace Atoll.Host.Configuration;

/// <summary>Something wrong in a file that a person wrote: where it is and what to do about it.</summary>
/// <param name="File">The file's path.</param>
/// <param name="Line">The line, counted from 1; 0 when the whole file is meant.</param>
/// <param name="Column">The column in UTF-8 bytes, counted from 1; 0 when the whole line or file is meant.</param>
/// <param name="Message">What is wrong and what to do.</param>
public sealed record Problem(string File, int Line, int Column, string Message)
{
    /// <summary>The problem as compilers print it: <c>file(line,column): message</c>.</summary>
    /// <returns>One line of text.</returns>
    public override string ToString()
        => Line == 0
            ? $"{File}: {Message}"
            : string.Create(CultureInfo.InvariantCulture, $"{File}({Line},{Column}): {Message}");
}
