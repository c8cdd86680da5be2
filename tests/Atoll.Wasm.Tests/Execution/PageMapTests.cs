using Atoll.Wasm.Platform;

namespace Atoll.Wasm.Tests.Execution;

/// <summary>What the system tells of pages: too much is slow, too little would hand one guest's bytes to the next.</summary>
public sealed unsafe class PageMapTests
{
    [Fact]
    public void EachChangedPageIsFound()
    {
        if (PageMap.Instance is not { } map)
        {
            Assert.Skip("this system does not tell which pages were changed");
            return;
        }

        const int Pages = 512;
        int size = (int)PageAllocator.Granularity;
        byte* start = PageAllocator.System.Reserve((nuint)(Pages * size));
        Assert.True(PageAllocator.System.Commit(start, (nuint)(Pages * size)));
        try
        {
            using PageImage image = PageImage.Create(Enumerable.Repeat((byte)1, 100 * size).ToArray())!;
            Assert.True(image.Map(start + (50 * size), (nuint)(100 * size)));
            ulong[] found = new ulong[Pages];
            Assert.Equal(0, map.Find(start, found));
            Random random = new(3);
            HashSet<int> changed = [];
            for (int i = 0; i < 300; i++)
            {
                int page = random.Next(Pages);
                if (i % 3 == 0)
                {
                    start[(page * size) + random.Next(size)] ^= 5;
                    changed.Add(page);
                }
                else if (page is >= 50 and < 150)
                {
                    _ = Volatile.Read(ref start[page * size]);
                }

                Assert.Equal(changed.Count, map.Find(start, found));
                Assert.Equal(changed.Order(), Enumerable.Range(0, Pages).Where(p => found[p] != 0));
            }
        }
        finally
        {
            PageAllocator.System.Release(start, (nuint)(Pages * size));
        }
    }
}
