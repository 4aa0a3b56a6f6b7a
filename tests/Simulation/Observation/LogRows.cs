using DfsNet.Protocol.Wire;

namespace DfsNet.Simulation.Observation;

/// <summary>Rows of the table "what happens when" that a node's own log tells.</summary>
internal static class LogRows
{
    /// <param name="coverage">Where it is counted.</param>
    /// <param name="name">Type and method of the log event.</param>
    /// <param name="values">Its fields.</param>
    public static void Count(Coverage coverage, string name, IReadOnlyList<KeyValuePair<string, object?>> values)
    {
        switch (name)
        {
            case "MetaNode.Replayed":
                CountWhere(NumberOf(values, "Cut") > 0, Rows.LogTailCut);
                CountWhere(NumberOf(values, "Last") > NumberOf(values, "Applied"), Rows.StoreReplayed);
                break;
            case "LeadershipSeat.Began":
                CountWhere(NumberOf(values, "Term") > 1, Rows.LeaderBegan);
                break;
            case "Volume.VolumeOpened":
                CountWhere(NumberOf(values, "Cut") > 0, Rows.VolumeTailCut);
                break;
            case "FullReport.Reported":
                CountWhere(NumberOf(values, "Replicas") > 0, Rows.ReplicasCompared);
                break;
            case "Alarms.Raised":
                CountWhere(ValueOf(values, "Line")?.ToString()?.Contains("more slowly", StringComparison.Ordinal) == true, Rows.VolumeSlow);
                break;
            case "AppendAcceptor.ChainEnded":
                CountRefusedFrame(coverage, values);
                break;
            default:
                CountWhere(RowOf(name) is not null, RowOf(name)!);
                break;
        }

        void CountWhere(bool happened, string row)
        {
            if (happened)
            {
                coverage.Count(row);
            }
        }
    }

    private static string? RowOf(string name) => name switch
    {
        "Leadership.ServerDied" => Rows.ServerDead,
        "Leadership.Braked" => Rows.Braked,
        "SnapshotIntake.Installs" => Rows.SnapshotInstalled,
        "NodeLife.Repaired" => Rows.LogRepaired,
        "StoreFlusher.FlushPutOff" => Rows.FlushPutOff,
        "Volume.ReplicaCut" => Rows.ReplicaCut,
        "Volume.ReplicaReopened" => Rows.ReplicaReopened,
        "Volume.Quarantined" => Rows.ReplicaQuarantined,
        "Volume.VolumeFailed" => Rows.VolumeFailed,
        "Volume.VolumeFilled" => Rows.VolumeFull,
        "Volume.VolumeHasSpaceAgain" => Rows.VolumeHasSpace,
        "Registrar.RegistrationRefused" => Rows.TwinRefused,
        "DfsClient.SessionLost" => Rows.SessionLost,
        _ => null,
    };

    private static void CountRefusedFrame(Coverage coverage, IReadOnlyList<KeyValuePair<string, object?>> values)
    {
        if (ValueOf(values, "Step") is "append: check frame")
        {
            coverage.Count(ValueOf(values, "Code") is ErrorCode.ChecksumMismatch ? Rows.FrameCorrupt : Rows.FrameOutOfPlace);
        }
    }

    private static long NumberOf(IReadOnlyList<KeyValuePair<string, object?>> values, string field) =>
        Convert.ToInt64(ValueOf(values, field), null);

    private static object? ValueOf(IReadOnlyList<KeyValuePair<string, object?>> values, string field)
    {
        foreach (var (name, value) in values)
        {
            if (name == field)
            {
                return value;
            }
        }

        return null;
    }
}
