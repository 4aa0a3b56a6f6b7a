namespace DfsNet.ChunkServer.Chunks;

/// <summary>Asked between two pieces of background work: waits as long as others go first.</summary>
/// <param name="worked">How long the last piece took.</param>
/// <param name="cancellation">Ends the wait.</param>
public delegate ValueTask StepBack(TimeSpan worked, CancellationToken cancellation);
