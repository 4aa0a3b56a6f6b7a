namespace DfsNet.Simulation.Workloads;

/// <summary>What users do, and what they must see. One instance works in one directory of its own.</summary>
internal interface IWorkload
{
    /// <summary>As plans, reports and --workloads name it.</summary>
    string Name { get; }

    /// <summary>Operations that a usual instance does: heavy ones do fewer.</summary>
    int Operations { get; }

    /// <summary>Before any fault: makes what the operations need.</summary>
    Task PrepareAsync(Desk desk) => Task.CompletedTask;

    /// <summary>Does one operation for a user, beside those of others. Errors of the file system are no failure of the run.</summary>
    Task OperateAsync(Desk desk, User user, Random random);

    /// <summary>After healing: looks at everything once more. Here every read has to succeed in the end.</summary>
    Task FinishAsync(Desk desk, User user);

    /// <summary>What the recorded history breaks; a line each.</summary>
    IEnumerable<string> Check(Desk desk);
}
