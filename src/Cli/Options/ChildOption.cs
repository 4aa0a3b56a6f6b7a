using System.CommandLine;

namespace DfsNet.Cli.Options;

/// <summary>For servers that a program starts as its children: they end when it does, however it ends.</summary>
internal static class ChildOption
{
    public const string Name = "--stop-with-stdin";

    public static Option<bool> Create() => new(Name) { Description = "Stop when standard input ends", Hidden = true };
}
