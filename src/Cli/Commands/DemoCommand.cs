using System.CommandLine;

namespace DfsNet.Cli.Commands;

/// <summary>dfs demo: the main job on an embedded cluster.</summary>
internal static class DemoCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var command = new Command("demo", "x");
        command.SetAction(_ => surroundings.Out.WriteLine("x"));
        return command;
    }
}
