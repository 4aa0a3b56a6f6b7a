using DfsNet.Integrity;

namespace DfsNet.Simulation.Sabotage;

/// <summary>The switch of each patch. The class that reads it exists in the patched copy alone: the product knows nothing of it.</summary>
internal static class PatchedCode
{
    public const string Path = "src/Integrity/Sabotaged.cs";

    public const string Text = """
        namespace DfsNet.Integrity;

        public static class Sabotaged
        {
            public static bool Is(string name) => AppContext.TryGetSwitch(name, out bool isOn) && isOn;
        }
        """;

    /// <summary>This process was built from the patched copy.</summary>
    public static bool IsHere { get; } = typeof(Invariant).Assembly.GetType("DfsNet.Integrity.Sabotaged") is not null;

    /// <summary>The condition, in C#, under which a patch acts.</summary>
    public static string IsOn(string name) => $"DfsNet.Integrity.Sabotaged.Is(\"{name}\")";

    /// <summary>Lets the patch act until the result is disposed of.</summary>
    public static IDisposable Switch(ISabotage? sabotage)
    {
        if (sabotage is not { Replacements.Count: > 0 })
        {
            return new SwitchedOn(null);
        }

        AppContext.SetSwitch(sabotage.Name, true);
        return new SwitchedOn(sabotage.Name);
    }

    /// <summary>The time during which a patch acts.</summary>
    private sealed class SwitchedOn(string? name) : IDisposable
    {
        public void Dispose()
        {
            if (name is not null)
            {
                AppContext.SetSwitch(name, false);
            }
        }
    }
}
