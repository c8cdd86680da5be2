namespace Atoll.Components;

/// <summary>A resource of a guest as a class of its own. Generated code derives one for each resource that a world exports.</summary>
/// <remarks>
/// Who has it owns it, unless it was only lent, and disposes of it: then the guest's destructor runs. Passing it as an owned value ends that.
/// Used by one thread at a time, like its store.
/// </remarks>
public abstract class GuestResource : IDisposable
{
    /// <summary>Wraps a resource.</summary>
    /// <param name="resource">The resource.</param>
    protected GuestResource(ComponentResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        Resource = resource;
    }

    /// <summary>The resource, as functions without types of their own take it.</summary>
    public ComponentResource Resource { get; }

    /// <summary>Ends the resource if it is owned; runs the guest's destructor. Disposing twice is harmless.</summary>
    public void Dispose()
    {
        Resource.Dispose();
        GC.SuppressFinalize(this);
    }
}
