namespace Atoll.Wasm.Execution;

/// <summary>
/// The context of a function whose code is made when it is first called. Until then <see cref="HostThunks.GetLateEntry"/> stands for it; whoever was linked
/// to that entry goes through it for ever, which costs a load and a jump.
/// </summary>
internal abstract class LateCode
{
    /// <summary>The code; zero while there is none. Written after everything that the code needs.</summary>
    public nint Code;

    /// <summary>Makes the code, sets <see cref="Code"/> and gives it.</summary>
    public abstract nint Make();
}
