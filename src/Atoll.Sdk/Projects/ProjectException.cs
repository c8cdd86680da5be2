namespace Atoll.Sdk.Projects;

/// <summary>A project cannot be made, built or tested; the message says why and what to do, the details are what a tool printed.</summary>
internal class ProjectException(string message, IReadOnlyList<string>? details = null, Exception? inner = null) : Exception(message, inner)
{
    public IReadOnlyList<string> Details { get; } = details ?? [];
}
