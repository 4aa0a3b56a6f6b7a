using System.Diagnostics;
using System.Globalization;

namespace DfsNet.Hosting.Drills;

/// <summary>Does to this process what happens to processes; a little later, so that the one who asked hears that it was heard.</summary>
internal sealed class OwnProcess
{
    private const string Soon = "0.05";

    /// <summary>kill -9.</summary>
    public void Kill() => Run($"sleep {Soon}; kill -KILL $0");

    /// <summary>Stops the process, and lets it go on later. Another one has to do it: a stopped process does nothing.</summary>
    public void Freeze(TimeSpan duration) => Run(string.Create(
        CultureInfo.InvariantCulture, $"sleep {Soon}; kill -STOP $0; sleep {duration.TotalSeconds:0.000}; kill -CONT $0"));

    private static void Run(string script)
    {
        using var shell = Process.Start(new ProcessStartInfo(
            "/bin/sh", ["-c", script, Environment.ProcessId.ToString(CultureInfo.InvariantCulture)])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
        });
    }
}
