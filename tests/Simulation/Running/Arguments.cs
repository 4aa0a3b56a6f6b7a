using System.Globalization;

namespace DfsNet.Simulation.Running;

/// <summary>What the simulator was asked to do.</summary>
internal sealed record Arguments
{
    public const string Help = """
        The simulator: whole clusters, disasters and users in virtual time. A seed decides everything.

          --seed N              one run; prints its shape, its plan and what came of it
          --seeds A..B          the runs of these seeds
          --minutes M           runs of fresh seeds for so long
          --jobs J              so many processes at the same time (default 1); each has one thread
          --meta-servers N      1 or 3; by default the seed chooses
          --backups on|off      scheduled backups of the metadata; by default the seed chooses
          --timeouts KIND       short (default) or default: those of the product's options
          --faults A,B          only these faults; none: no fault at all
          --workloads A,B       only these workloads
          --trace               with --seed: prints everything that happens
          --shrink              with --seed: drops strikes and operations while the run still fails
          --drop-strikes 1,2    with --seed: without these strikes
          --drop-operations W:A-B,...  with --seed: without operations A to B of workload W
          --report FILE         writes the counts for another process to add up; --share I/N takes every N-th seed
          --sabotages           breaks the product in every known way, and looks whether it is noticed (seeds 1..300, or --seeds)
          --sabotage NAME       with --seed: one run of the broken product; else: the seeds until it is noticed
          --known               with --sabotages: at the seeds at which each is known to be noticed
          --list                names of all faults, workloads and sabotages

        Everything else goes to the test runner.
        """;

    private static readonly string[] Ours = ["--seed", "--seeds", "--minutes", "--list", "--sabotages", "--sabotage", "--simulator-help"];

    public (int First, int Last)? Seeds { get; private init; }

    public double? Minutes { get; private init; }

    public int Jobs { get; private init; } = 1;

    public bool Shrink { get; private init; }

    public bool Trace { get; private init; }

    public bool List { get; private init; }

    /// <summary>All sabotages are tried, each with its own faults and workloads.</summary>
    public bool Sabotages { get; private init; }

    /// <summary>Of each sabotage only the seed at which it is known to be noticed.</summary>
    public bool Known { get; private init; }

    /// <summary>As they were given.</summary>
    public IReadOnlyList<string> Given { get; private init; } = [];

    /// <summary>One run is wanted, with all that can be said about it.</summary>
    public bool IsOne => Seeds is { } seeds && seeds.First == seeds.Last && Report is null;

    public bool HelpWanted { get; private init; }

    public string? Report { get; private init; }

    /// <summary>This process takes every Of-th seed from the Number-th on.</summary>
    public (int Number, int Of) Share { get; private init; } = (0, 1);

    /// <summary>Of every run; the seed is of the first.</summary>
    public RunOptions Run { get; private init; } = new() { Seed = 1 };

    /// <summary>These arguments are for the simulator, not for the test runner.</summary>
    public static bool IsOurs(IEnumerable<string> arguments) => arguments.Any(Ours.Contains);

    /// <summary>Throws a <see cref="FormatException"/> that says what is wrong.</summary>
    public static Arguments Parse(IReadOnlyList<string> arguments)
    {
        var line = new Arguments { Given = arguments };
        for (int i = 0; i < arguments.Count; i++)
        {
            string name = arguments[i];
            line = name switch
            {
                "--trace" => line with { Trace = true },
                "--shrink" => line with { Shrink = true },
                "--list" => line with { List = true },
                "--known" => line with { Known = true },
                "--sabotages" => line with { Sabotages = true },
                "--simulator-help" => line with { HelpWanted = true },
                _ when i + 1 == arguments.Count => throw new FormatException($"{name} is unknown, or needs a value"),
                _ => line.With(name, arguments[++i]),
            };
        }

        return line;
    }

    /// <summary>Splits a line at blanks outside of quotes, as a shell does.</summary>
    public static IReadOnlyList<string> Split(string line)
    {
        // Every second part lies between quotes.
        string[] parts = line.Split('"');
        return
        [
            .. parts.SelectMany((part, i) => i % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries)),
        ];
    }

    /// <summary>Fresh seeds when none were given.</summary>
    public IEnumerable<int> SeedsOfShare()
    {
        int first = Seeds?.First ?? Random.Shared.Next(1_000_000, 1_000_000_000);
        long last = Seeds?.Last ?? int.MaxValue;
        for (long seed = first + (long)Share.Number; seed <= last; seed += Share.Of)
        {
            yield return (int)seed;
        }
    }

    private Arguments With(string name, string value) => name switch
    {
        "--seed" => this with { Seeds = (Integer(value), Integer(value)), Run = Run with { Seed = Integer(value) } },
        "--seeds" => this with { Seeds = Range(value) },
        "--minutes" => this with { Minutes = double.Parse(value, CultureInfo.InvariantCulture) },
        "--jobs" => this with { Jobs = Integer(value) },
        "--timeouts" => this with { Run = Run with { DefaultTimeouts = IsDefault(value) } },
        "--meta-servers" => this with { Run = Run with { MetaServers = Integer(value) } },
        "--backups" => this with { Run = Run with { Backups = value == "on" } },
        "--faults" => this with { Run = Run with { Faults = value == "none" ? [] : value.Split(',') } },
        "--workloads" => this with { Run = Run with { Workloads = value.Split(',') } },
        "--drop-strikes" => this with { Run = Run with { DroppedStrikes = [.. value.Split(',').Select(Integer)] } },
        "--drop-operations" => this with { Run = Run with { DroppedOperations = [.. value.Split(',').Select(Dropped)] } },
        "--sabotage" => this with { Run = Run with { Sabotage = value } },
        "--report" => this with { Report = value },
        "--share" => this with { Share = (Integer(value.Split('/')[0]), Integer(value.Split('/')[^1])) },
        _ => throw new FormatException($"{name} is unknown"),
    };

    private static bool IsDefault(string value) => value switch
    {
        "short" => false,
        "default" => true,
        _ => throw new FormatException($"--timeouts {value}: short or default"),
    };

    private static int Integer(string value) => int.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture);

    private static (int First, int Last) Range(string value)
    {
        string[] ends = value.Split("..");
        return ends.Length == 2 ? (Integer(ends[0]), Integer(ends[1])) : throw new FormatException($"--seeds {value}: A..B is meant");
    }

    private static DroppedOperations Dropped(string value)
    {
        string[] parts = value.Split(':', '-');
        return parts.Length == 3
            ? new DroppedOperations(Integer(parts[0]), Integer(parts[1]), Integer(parts[2]))
            : throw new FormatException($"--drop-operations {value}: W:A-B is meant");
    }
}
