using System.Diagnostics;
using System.Runtime.InteropServices;

namespace DfsNet.Cluster.Harness;

/// <summary>The `dfs` executable that was built beside these tests, in the same configuration.</summary>
internal static class BuiltCli
{
    private static readonly Lazy<string> Executable = new(Find);

    /// <summary>What starts `dfs` with these arguments, all three standard streams redirected.</summary>
    public static ProcessStartInfo Command(IEnumerable<string> arguments) => Command(arguments, []);

    /// <summary>The same, started by a program that becomes it in the end.</summary>
    public static ProcessStartInfo Command(IEnumerable<string> arguments, IReadOnlyList<string> via)
    {
        string[] whole = [.. via, Executable.Value, .. arguments];
        var command = new ProcessStartInfo(whole[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in whole.Skip(1))
        {
            command.ArgumentList.Add(argument);
        }

        // The runtime these tests run on, wherever it is installed: <root>/shared/Microsoft.NETCore.App/<version>/.
        command.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

        // These processes live for seconds: measuring for the optimiser would cost more than it gives.
        command.Environment["DOTNET_TieredPGO"] = "0";

        // What the developer has set must not reach the tests.
        command.Environment.Remove("DFS_META");
        return command;
    }

    private static string Find()
    {
        // artifacts/bin/Cluster.Tests/<configuration>/ lies beside artifacts/bin/Cli/<configuration>/.
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        string bin = own.Parent?.Parent?.FullName ?? throw new InvalidOperationException($"unexpected place of the tests: {own.FullName}");
        string path = Path.Combine(bin, "Cli", own.Name, OperatingSystem.IsWindows() ? "dfs.exe" : "dfs");
        return File.Exists(path) ? path : throw new FileNotFoundException("dfs is not built", path);
    }
}
