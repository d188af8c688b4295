using System.Globalization;
using HubSpotMessaging.Emulator;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.IntegrationTests.Crashes;

/// <summary>Three replicas under load, with a HubSpot that fails in every way it can, of which some are killed.</summary>
public sealed class CrashTests(Servers servers)
{
    private const string Queue = "hubspot-sync-contact";

    /// <summary>How many commands a replica takes at a time.</summary>
    private const int InHand = 1_800;

    [Fact]
    public async Task Of_ten_thousand_commands_each_has_one_true_outcome_whatever_HubSpot_answers_and_though_a_replica_is_killed()
    {
        const int Commands = 10_000;
        var seed = NewSeed();
        await using var installation = await Installation.StartAsync(servers);
        var fleet = await Fleet.StartAsync(installation);
        var orders = Order.Mixed(Commands, new Random(seed), TimeProvider.System.GetUtcNow());
        var ledger = new Ledger(installation.Bus);

        await using (var faults = new RandomFaults(installation.HubSpot.Faults, seed, every: 8))
        {
            var publishing = PublishAsync(installation, orders);
            await ledger.UntilToldAsync(Commands / 5);
            await fleet.KillAsync(1);
            await publishing;
            await fleet.StartAgainAsync(1);
            await ledger.UntilToldAsync(Commands);
            faults.ShouldHaveStruck();
        }

        await EndAsync(installation, fleet, ledger);
        (ledger.Count - Commands).ShouldBeLessThanOrEqualTo(InHand, "Only what the killed replica had in hand may be told again.");
        var outcomes = ledger.OneEach();
        outcomes.Keys.Order(StringComparer.Ordinal).ShouldBe(orders.Select(order => order.Key).Order(StringComparer.Ordinal));
        orders.Where(order => outcomes[order.Key].Category != order.Refusal).Select(order => $"{order} {outcomes[order.Key]}").ShouldBeEmpty();
        await ShouldBeDeadLettersAsync(installation, fleet, ledger, [.. orders.Where(order => order.Refusal is not null).Select(order => order.Key)]);

        var contacts = installation.HubSpot.Contacts.ToDictionary(contact => contact.Properties["email"], StringComparer.Ordinal);
        var accepted = orders.Where(order => order.Refusal is null).GroupBy(order => order.Email).ToDictionary(same => same.Key, same => same.OrderBy(order => order.OccurredAt).ToList());
        contacts.Keys.Order(StringComparer.Ordinal).ShouldBe(accepted.Keys.Order(StringComparer.Ordinal));
        var writes = installation.HubSpot.ContactWrites.ToLookup(write => write.ContactId);
        accepted.SelectMany(same => Wrong(same.Value, contacts[same.Key], [.. writes[contacts[same.Key].Id]], outcomes)).ShouldBeEmpty();
    }

    [Fact]
    public async Task No_older_value_ever_follows_a_newer_one_though_replicas_are_killed_when_HubSpot_has_written_and_they_do_not_know()
    {
        const int Contacts = 1_000;
        const int Versions = 20;
        var seed = NewSeed();
        var random = new Random(seed);
        await using var installation = await Installation.StartAsync(servers);
        var fleet = await Fleet.StartAsync(installation);
        var ledger = new Ledger(installation.Bus);
        var orders = Order.Versions(Contacts, Versions, TimeProvider.System.GetUtcNow());
        Order[] published = [.. orders, .. orders.Where(_ => random.Next(10) == 0)];
        random.Shuffle(published);

        await using (var faults = new RandomFaults(installation.HubSpot.Faults, seed, every: 20))
        {
            foreach (var (number, wave) in published.Chunk((published.Length + Fleet.Size - 1) / Fleet.Size).Index())
            {
                var publishing = PublishAsync(installation, wave);
                await fleet.KillBeforeItIsToldAsync(number);
                await fleet.StartAgainAsync(number);
                await publishing;
            }

            await ledger.UntilToldAsync(orders.Count, seconds: 180);
            faults.ShouldHaveStruck();
        }

        await EndAsync(installation, fleet, ledger);
        var outcomes = ledger.OneEach();
        outcomes.Keys.Order(StringComparer.Ordinal).ShouldBe(orders.Select(order => order.Key).Order(StringComparer.Ordinal));
        (ledger.Count - published.Length).ShouldBeLessThanOrEqualTo(Fleet.Size * InHand, "Only what the killed replicas had in hand may be told again.");
        outcomes.Where(outcome => outcome.Value.Result is null).Select(outcome => $"{outcome.Key} {outcome.Value}").ShouldBeEmpty();
        (await installation.Bus.DepthAsync($"{Queue}_error")).ShouldBe(0u);

        var writes = installation.HubSpot.ContactWrites.ToLookup(
            write => write.ContactId, write => int.Parse(write.Properties["loyalty_points"], CultureInfo.InvariantCulture));
        Say($"{writes.Sum(contact => contact.Count())} writes of contacts");
        writes.Count.ShouldBe(Contacts);
        writes.Where(versions => !versions.SequenceEqual(versions.Order()) || versions.Last() != Versions)
            .Select(versions => $"{versions.Key}: {string.Join(' ', versions)}")
            .ShouldBeEmpty();
    }

    /// <summary>What is not true of a contact whose accepted commands these are, from the oldest to the newest.</summary>
    private static IEnumerable<string> Wrong(List<Order> orders, EmulatedContact contact, IReadOnlyList<ContactWrite> writes, IReadOnlyDictionary<string, Outcome> outcomes)
    {
        var newest = orders.SelectMany(order => order.Properties).GroupBy(property => property.Key).Select(same => same.Last()).Where(property => property.Value.Length > 0);
        var written = contact.Properties.Where(property => property.Key is not ("email" or "hs_object_id" or "createdate" or "lastmodifieddate"));
        if (!newest.ToHashSet().SetEquals(written))
            yield return $"{orders[0].Email} has not the newest values: {string.Join(", ", written)} instead of {string.Join(", ", newest)}";
        if (orders.Count(order => outcomes[order.Key].Result == "Created") > 1)
            yield return $"{orders[0].Email} was created twice";
        if (writes.Count(write => write.IsNew) != 1)
            yield return $"{orders[0].Email} was not created once";
        if (outcomes[orders[^1].Key].Result == "Superseded")
            yield return $"{orders[^1].Key} is the newest and was superseded";
        foreach (var (number, order) in orders.Index())
        {
            if (outcomes[order.Key].ContactId != contact.Id)
                yield return $"{order.Key} wrote {outcomes[order.Key].ContactId} and not {contact.Id}";
            if (outcomes[order.Key].Skipped.Except(orders[(number + 1)..].SelectMany(later => later.Properties.Keys)).Any())
                yield return $"{order.Key} skipped what nothing newer had";
            var told = order.Properties.Where(property => property.Value.Length > 0 && !outcomes[order.Key].Skipped.Contains(property.Key));
            foreach (var property in told.Where(property => !writes.Any(write => write.Properties.Contains(property))))
                yield return $"{order.Key} is told to have written {property}, and has not";
        }
    }

    private static int NewSeed()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("HUBSPOT_FUZZ_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next();
        Say($"To repeat it: HUBSPOT_FUZZ_SEED={seed}");
        return seed;
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper!.WriteLine($"{TimeProvider.System.GetUtcNow():HH:mm:ss} {line}");

    private static async Task PublishAsync(Installation installation, IEnumerable<Order> orders)
    {
        await Task.Yield(); // Replicas are to be killed meanwhile.
        await Task.WhenAll(orders.Select(order => installation.Bus.PublishAsync("SyncContact", order.Json)));
    }

    /// <summary>Lets the repeats of what a killed replica had in hand come to their end too, and finds nothing left over.</summary>
    private async Task EndAsync(Installation installation, Fleet fleet, Ledger ledger)
    {
        if (servers.RabbitMq.IsOwn)
            await Eventually.BecomesTrueAsync(IsEmptyAsync, "everything is acknowledged");
        await fleet.StopAsync();
        await ledger.CloseAsync();
        Say($"Stopped. {ledger.Count} outcomes, with the repeats");
        foreach (var queue in (string[])[Queue, .. AmqpClient.WaitQueues, $"{Queue}_skipped"])
            (await installation.Bus.DepthAsync(queue)).ShouldBe(0u, queue);

        async Task<bool> IsEmptyAsync()
        {
            var host = Uri.UnescapeDataString(new Uri(installation.Settings["ConnectionStrings__RabbitMq"]!).AbsolutePath[1..]);
            var queues = await servers.RabbitMq.ControlAsync(["list_queues", "--quiet", "-p", host, "name", "messages"]);
            return queues.Split('\n').Any(line => line.Split('\t') is [Queue, "0"]);
        }
    }

    /// <summary>
    /// Each once. Only what a killed replica had moved there and not acknowledged yet may be there again: nobody can do both in one.
    /// </summary>
    private static async Task ShouldBeDeadLettersAsync(Installation installation, Fleet fleet, Ledger ledger, IReadOnlyList<string> keys)
    {
        List<string> letters = [.. (await installation.Bus.DeadLettersAsync(Queue)).Select(letter => letter.Headers["hubspot-idempotency-key"]!)];
        letters.Distinct().ShouldBe(keys, ignoreOrder: true);
        var repeated = letters.CountBy(key => key).Where(letter => letter.Value > 1).Select(letter => letter.Key).ToList();
        Say($"Dead letters that came again: {string.Join(' ', repeated)}");
        repeated.ShouldAllBe(key => ledger.Of(key).Count > 1 && fleet.Killed.Any(replica => replica.Output.Contains($"SyncContact {key} for contact", StringComparison.Ordinal)));
    }
}
