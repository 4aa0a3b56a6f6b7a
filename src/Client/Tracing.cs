using System.Diagnostics;

namespace DfsNet.Client;

/// <summary>
/// Spans of what a program asks of the file system, above those that .NET makes of calls: add the source "DfsNet.Client" to see them.
/// Nothing is made while nobody listens.
/// </summary>
internal static class Tracing
{
    public static readonly ActivitySource Source = new("DfsNet.Client");

    /// <param name="what">The operation: "get".</param>
    /// <param name="path">On what.</param>
    public static Activity? Start(string what, string path) => Source.StartActivity(what, ActivityKind.Client)?.SetTag("dfs.path", path);
}
