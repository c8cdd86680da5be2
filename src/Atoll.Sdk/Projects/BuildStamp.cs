using System.Security.Cryptography;
using System.Text;

namespace Atoll.Sdk.Projects;

/// <summary>What the last build was made of, kept beside its result.</summary>
/// <param name="Inputs">The hash of everything that it depends on.</param>
/// <param name="Sha256">The hash of the component.</param>
internal sealed record BuildStamp(string Inputs, string Sha256)
{
    private const string FileName = ProjectFolder.Objects + "/stamp";

    /// <summary>The stamp, if it has these inputs and the component is still the one that was built.</summary>
    public static BuildStamp? ReadValid(ProjectFolder project, string inputs)
    {
        try
        {
            string[] lines = File.ReadAllLines(project.PathTo(FileName));
            return lines is [var made, var hash] && made == inputs && hash == Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(project.PathTo(project.Artifact))))
                ? new BuildStamp(made, hash)
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // No stamp that can be read is no stamp: the build is done again.
            return null;
        }
    }

    public static void Write(ProjectFolder project, BuildStamp stamp) => project.WriteAtomically(FileName, Encoding.UTF8.GetBytes($"{stamp.Inputs}\n{stamp.Sha256}\n"));
}
