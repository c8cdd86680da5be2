namespace Atoll.Sdk;

/// <summary>A language that guests are written in.</summary>
public enum GuestLanguage
{
    /// <summary>C11, for clang.</summary>
    C,

    /// <summary>Rust.</summary>
    Rust,

    /// <summary>JavaScript modules.</summary>
    JavaScript,

    /// <summary>TypeScript.</summary>
    TypeScript,

    /// <summary>AssemblyScript.</summary>
    AssemblyScript,
}
