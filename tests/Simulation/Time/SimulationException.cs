namespace DfsNet.Simulation.Time;

/// <summary>The simulator cannot go on: a defect of the simulator or of its surroundings, not of what it runs.</summary>
public sealed class SimulationException(string message, Exception? inner = null) : Exception(message, inner);
