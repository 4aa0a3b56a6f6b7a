namespace DfsNet.Workers;

/// <summary>What a unit of background work came to.</summary>
public enum WorkResult
{
    /// <summary>There is more to do: call again, after the pace allows.</summary>
    Busy,

    /// <summary>Nothing to do now: wait for work.</summary>
    Idle,

    /// <summary>The work is over for good.</summary>
    Done,
}

/// <summary>One background job: listed, paced and watched by the loop that runs it.</summary>
public interface IWorker
{
    /// <summary>Shown in status and logs.</summary>
    string Name { get; }

    /// <summary>One line for people: what it is doing and how far it is.</summary>
    string Status { get; }

    /// <summary>Does one bounded unit of work.</summary>
    Task<WorkResult> WorkAsync(CancellationToken cancellation);

    /// <summary>Returns when there may be work again.</summary>
    Task WaitForWorkAsync(CancellationToken cancellation);
}
