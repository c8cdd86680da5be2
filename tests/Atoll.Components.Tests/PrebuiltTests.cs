using Atoll.Components.Binary;
using Atoll.Components.Types;
using Atoll.Components.Validation;
using Atoll.Spec.Tests;

namespace Atoll.Components.Tests;

/// <summary>Components that other tools built.</summary>
public sealed class PrebuiltTests(Totals totals)
{
    // Real components are far from the limit of work.
    private static ComponentLoadOptions Options(ComponentFeatures features) => new()
    {
        Features = features,
        Limits = new ComponentLimits { MaxTypeWork = ComponentLimits.Default.MaxTypeWork / 50 },
    };

    [Theory]
    [InlineData("components-prebuilt", ComponentFeatures.All)]
    [InlineData("wasi/wasip3", ComponentFeatures.All)]
    [InlineData("../guests/wasm", ComponentFeatures.Default)]
    public void Are_valid(string folder, ComponentFeatures features)
    {
        string root = Path.Combine(SpecData.Root(), folder);
        List<string> problems = [];
        int found = 0;
        foreach (string file in Directory.EnumerateFiles(root, "*.wasm", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            byte[] bytes = File.ReadAllBytes(file);
            if (!Component.IsComponent(bytes))
            {
                totals.Add(folder, "core");
                continue;
            }

            found++;
            try
            {
                ComponentDefinition component = ComponentLoader.Load(bytes, Options(features), TestContext.Current.CancellationToken);
                Assert.NotNull(component.Type);
            }
            catch (Exception e) when (e is MalformedComponentException or InvalidComponentException)
            {
                problems.Add($"{Path.GetFileName(file)}: {e.Message}");
            }
        }

        totals.Add(folder, "valid", found - problems.Count);
        Assert.True(found > 0, $"no components in {root}");
        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }
}
