using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>
/// A client loses the metadata server: first the answers do not come back, then nothing passes, for about as long as it takes its session
/// to end. What it had asked for may have happened.
/// </summary>
internal sealed class LostSession : IFault
{
    public string Name => "lost session";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var client = strike.Pick(world.Clients);
        strike.Note(client.Name);
        var answers = new Cut(world);
        answers.Close(world.Metas, [client]);
        await strike.LastAsync(TimeSpan.FromMilliseconds(strike.Random.Next(10, 200)));
        var questions = new Cut(world);
        questions.Close([client], world.Metas);
        await strike.LastAsync(world.Shape.MetaOptions.SessionTimeout * (0.8 + (0.6 * strike.Random.NextDouble())));
        strike.Fired();
        answers.Open();
        questions.Open();
    }
}
