using DfsNet.Protocol.Wire;

namespace DfsNet.Simulation.Observation;

/// <summary>Rows that a user of the SDK sees as a typed error.</summary>
internal static class CallerRows
{
    public static void Count(Coverage coverage, ErrorCode told)
    {
        if (told == ErrorCode.OutcomeUnknown)
        {
            coverage.Count(Rows.OutcomeUnknown);
        }
        else if (told == ErrorCode.TimedOut)
        {
            coverage.Count(Rows.TimedOut);
        }
    }
}
