using Atoll.Host.Security;

namespace Atoll.Host.Tests;

public class PathMapperTests
{
    private static readonly PathAlias[] Aliases =
    [
        new(@"C:\Users\me\project", "/work/project"),
        new("/container/app", "/work/project/app"),
        new("/container", "/work/other"),
    ];

    [Theory]
    [InlineData("/etc/passwd", "/etc/passwd")]
    [InlineData("a.txt", "/work/ws/a.txt")]
    [InlineData("./a/../b.txt", "/work/ws/b.txt")]
    [InlineData("", "/work/ws")]
    [InlineData(".", "/work/ws")]
    [InlineData("..", "/work")]
    [InlineData("../../../../..", "/")]
    [InlineData("/work//ws///x/", "/work/ws/x")]
    [InlineData("/work/ws/../../etc/shadow", "/etc/shadow")]
    [InlineData("/work/ws/.hidden", "/work/ws/.hidden")]
    [InlineData("/work/ws/..x/...", "/work/ws/..x/...")]
    [InlineData("file:///work/ws/a%20b.txt", "/work/ws/a b.txt")]
    [InlineData("file://localhost/work/ws/a.txt", "/work/ws/a.txt")]
    [InlineData("FILE:///work/ws/a.txt", "/work/ws/a.txt")]
    [InlineData("file:/work/ws/a.txt", "/work/ws/a.txt")]
    [InlineData("file:///work/ws/a.txt?x=1#y", "/work/ws/a.txt")]
    [InlineData("file:///work/ws/%E4%BD%A0.txt", "/work/ws/你.txt")]
    [InlineData("file:///work/ws/%2e%2e/%2e%2e/etc", "/etc")]
    [InlineData("file:///C:/Users/me/project/a.txt", "/work/project/a.txt")]
    [InlineData("file:///c%3A/Users/me/project/a.txt", "/work/project/a.txt")]
    [InlineData(@"C:\Users\me\project\src\a.cs", "/work/project/src/a.cs")]
    [InlineData(@"c:/users/ME/project", "/work/project")]
    [InlineData(@"C:\Users\me\projectile\a", "/mnt/c/Users/me/projectile/a")]
    [InlineData(@"D:\data\x.txt", "/mnt/d/data/x.txt")]
    [InlineData("D:", "/mnt/d")]
    [InlineData(@"D:\..\..\etc", "/mnt/d/etc")]
    [InlineData("/container/app/x", "/work/project/app/x")]
    [InlineData("/container/lib", "/work/other/lib")]
    [InlineData("/container/app/../lib", "/work/other/lib")]
    [InlineData(@"name\with\backslash", @"/work/ws/name\with\backslash")]
    [InlineData("~/x", "/work/ws/~/x")]
    public void Maps_on_Unix(string path, string host)
    {
        var mapper = new PathMapper("/work/ws", Aliases, PathStyle.Unix);
        Assert.True(mapper.TryMap(path, null, out var mapped, out var error), error);
        Assert.Equal(host, mapped.Host);
        Assert.Equal(host, mapped.Guest);
    }

    [Theory]
    [InlineData(@"C:\ws\a.txt", @"C:\ws\a.txt", "/c/ws/a.txt")]
    [InlineData("c:/ws/a.txt", @"C:\ws\a.txt", "/c/ws/a.txt")]
    [InlineData(@"src\a.cs", @"C:\ws\src\a.cs", "/c/ws/src/a.cs")]
    [InlineData("src/a.cs", @"C:\ws\src\a.cs", "/c/ws/src/a.cs")]
    [InlineData(@"..\..\x", @"C:\x", "/c/x")]
    [InlineData(@"\Windows\x", @"C:\Windows\x", "/c/Windows/x")]
    [InlineData("/d/data/x", @"D:\data\x", "/d/data/x")]
    [InlineData("/d", @"D:\", "/d")]
    [InlineData("D:", @"D:\", "/d")]
    [InlineData("file:///C:/ws/a%20b", @"C:\ws\a b", "/c/ws/a b")]
    [InlineData("file:///c|/ws/a", @"C:\ws\a", "/c/ws/a")]
    public void Maps_on_Windows(string path, string host, string guest)
    {
        var mapper = new PathMapper(@"C:\ws", [], PathStyle.Windows);
        Assert.True(mapper.TryMap(path, null, out var mapped, out var error), error);
        Assert.Equal((host, guest), (mapped.Host, mapped.Guest));
    }

    [Theory]
    [InlineData("a\0b", "NUL")]
    [InlineData("file:///work/%00", "NUL")]
    [InlineData("file:///work/%zz", "percent")]
    [InlineData("file:///work/%ff", "percent")]
    [InlineData("file:///work/%e", "percent")]
    [InlineData("file://server/share/x", "host 'server'")]
    [InlineData(@"\\server\share", "network")]
    [InlineData(@"\\?\C:\x", "network")]
    public void Refuses(string path, string reason)
    {
        foreach (var (workspace, style) in new[] { ("/work/ws", PathStyle.Unix), (@"C:\ws", PathStyle.Windows) })
        {
            Assert.False(new PathMapper(workspace, [], style).TryMap(path, null, out _, out var error));
            Assert.Contains(reason, error);
        }
    }

    [Fact]
    public void Refuses_a_path_that_is_too_long()
        => Assert.False(new PathMapper("/w", [], PathStyle.Unix).TryMap(new string('x', HostPath.MaxLength + 1), null, out _, out _));

    [Theory]
    [InlineData("/data", "/data", true)]
    [InlineData("/data/x", "/data", true)]
    [InlineData("/database", "/data", false)]
    [InlineData(@"/data\x", "/data", false)]
    [InlineData("/x", "/", true)]
    [InlineData("/Data/x", "/data", false)]
    public void Within_on_Unix(string path, string folder, bool within) => Assert.Equal(within, HostPath.IsWithin(path, folder, PathStyle.Unix));

    [Theory]
    [InlineData(@"C:\Data\x", @"C:\data", true)]
    [InlineData(@"C:\database", @"C:\data", false)]
    [InlineData(@"C:\x", @"C:\", true)]
    public void Within_on_Windows(string path, string folder, bool within) => Assert.Equal(within, HostPath.IsWithin(path, folder, PathStyle.Windows));
}
