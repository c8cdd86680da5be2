namespace Atoll.Host.Security;

/// <summary>Whose rules paths follow. Chosen from the running system; given by hand in tests, so that each style is tested on each system.</summary>
internal enum PathStyle
{
    Unix,
    Windows,
}
