using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Repair;

/// <summary>What an operator wants of balancing, as it stands in the record, and how far it has come.</summary>
internal sealed class BalanceState
{
    private volatile BalanceWish _wish;
    private volatile BalanceViewBox _view = new(default);

    public bool IsStopped => _wish == BalanceWish.Stopped;

    /// <summary>It is to be made even, however little it differs.</summary>
    public bool IsAsked => _wish == BalanceWish.Even;

    /// <summary>As the balancer saw it last.</summary>
    public BalanceView View
    {
        get => _view.View;
        set => _view = new BalanceViewBox(value);
    }

    public void Follow(BalanceWish wish) => _wish = wish;

    /// <summary>A view as a whole, for readers on other threads.</summary>
    private sealed record BalanceViewBox(BalanceView View);
}
