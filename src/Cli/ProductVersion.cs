using System.Reflection;

namespace DfsNet.Cli;

/// <summary>The version of this build, as it stands in Directory.Build.props.</summary>
internal static class ProductVersion
{
    // The tools append "+commit" to it.
    public static string Text { get; } =
        (typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split(
            '+')[0];
}
