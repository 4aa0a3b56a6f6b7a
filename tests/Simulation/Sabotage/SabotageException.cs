namespace DfsNet.Simulation.Sabotage;

/// <summary>A sabotage could not be carried out: its patch does not fit any more, or the copy does not build.</summary>
internal sealed class SabotageException(string message) : Exception(message);
