using System.Globalization;

namespace Atoll.Fuzz.Running;

/// <summary>A case that went wrong.</summary>
/// <param name="Name">A name for its files.</param>
/// <param name="Problem">What went wrong, and how to have it again.</param>
/// <param name="Bytes">The module or the text.</param>
/// <param name="Extension">Of its file: <c>.wasm</c> or <c>.wat</c>.</param>
internal sealed record Finding(string Name, string Problem, byte[] Bytes, string Extension)
{
    /// <summary>The folder of cases that once went wrong, in the checkout that the program was built in; null when there is none.</summary>
    public static string? Folder()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Atoll.slnx")))
            {
                return Path.Combine(folder.FullName, "tests", "fuzzcases");
            }
        }

        return null;
    }

    /// <summary>Writes the case and its reason, and says where.</summary>
    public string Save()
    {
        string folder = Folder() ?? Path.GetTempPath();
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, Name + Extension);
        File.WriteAllBytes(path, Bytes);
        File.WriteAllText(Path.ChangeExtension(path, ".txt"), string.Create(CultureInfo.InvariantCulture, $"{Problem.TrimEnd()}\n"));
        return path;
    }
}
