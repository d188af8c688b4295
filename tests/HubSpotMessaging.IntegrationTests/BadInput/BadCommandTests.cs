using System.Globalization;
using System.Text.Json.Nodes;
using HubSpotMessaging.Testing;
using RabbitMQ.Client;

namespace HubSpotMessaging.IntegrationTests.BadInput;

/// <summary>Whatever comes to the queues of commands, the service lives, does the good ones, and lets each bad one end once.</summary>
public sealed class BadCommandTests(Servers servers)
{
    /// <summary>Marks a message, also as a dead letter.</summary>
    private const string Mark = "x-test-case";

    private const int Good = 30;

    /// <summary>What a body may end as that cannot be read. Anything else is a mistake of ours.</summary>
    private static readonly string[] Unreadable =
        ["ArgumentNullException", "DecoderFallbackException", "FormatException", "InvalidOperationException", "JsonException", "JsonReaderException", "MessageException"];

    private static readonly string[] Done = ["ContactSynced", "ContactEnrolledInWorkflow", "TimelineEventPosted"];

    [Fact]
    public async Task Whatever_is_sent_ends_once_and_keeps_no_good_command_from_being_done()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("HUBSPOT_FUZZ_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"To repeat it: HUBSPOT_FUZZ_SEED={seed}");
        await using var installation = await Installation.StartAsync(servers, settings => settings["Delivery__MaximumWait"] = "00:00:01");
        var bus = installation.Bus;
#pragma warning disable CA5394 // Chance, to be repeated.
        var messages = BadMessage.All(new Random(seed)).ToList();
#pragma warning restore CA5394

        var alreadyWritten = installation.Service.Output.Length; // Such as that nobody had connected it yet.
        await using (var connection = await new ConnectionFactory { Uri = new Uri(installation.Settings["ConnectionStrings__RabbitMq"]!) }.CreateConnectionAsync())
        await using (var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true)))
        {
            foreach (var (number, message) in messages.Index())
            {
                await SendAsync(channel, number, message);
                if (number % (messages.Count / Good) == 0)
                    await bus.PublishAsync("SyncContact", $$"""{"commandId":"good-{{number}}","email":"good-{{number}}@example.com","properties":{"firstname":"Ada"} }""");
            }
        }

        var letters = new List<Letter>();
        try
        {
            await Eventually.BecomesTrueAsync(HasEveryMessageEndedAsync, "every message has ended", seconds: 120);
        }
        catch (TimeoutException)
        {
            Unended().ShouldBeEmpty(); // And say which have not.
        }

        for (var number = 0; number < messages.Count; number += messages.Count / Good)
            await bus.OutcomeAsync("ContactSynced", $"good-{number}");
        await TakeLettersAsync(); // Should one have ended twice.

        installation.Service.HasExited.ShouldBeFalse();
        var ends = EndsByCase();
        messages.Index().Where(message => ends[message.Index] != 1).Select(message => $"{ends[message.Index]} ends of {message.Item}").ShouldBeEmpty();
        foreach (var queue in AmqpClient.Queues.SelectMany(queue => new[] { queue, $"{queue}_error", $"{queue}_skipped" }).Concat(AmqpClient.WaitQueues))
            (await bus.DepthAsync(queue)).ShouldBe(0u, queue);

        ReasonsFor("9 MB").ShouldAllBe(reason => reason!.Contains("at most 8388608 are allowed"));
        ReasonsFor("header hubspot-idempotency-key: System.Collections.Generic.Dictionary`2[System.String,System.Object]").ShouldAllBe(reason => reason!.Contains("hubspot-idempotency-key is no text"));

        var asked = installation.HubSpot.Calls.Select(call => $"{Uri.UnescapeDataString(call.Path)} {call.Body}").ToList();
        letters.Where(letter => !letter.IsRejection).Select(letter => messages[letter.Case])
            .Where(message => asked.Any(call => call.Contains(message.Address, StringComparison.Ordinal))).ShouldBeEmpty();
        Errors(installation.Service.Output[alreadyWritten..]).Where(error => !Unreadable.Any(allowed => error.EndsWith(allowed, StringComparison.Ordinal))).ShouldBeEmpty();
        TestContext.Current.TestOutputHelper?.WriteLine($"{messages.Count} messages, {letters.Count} dead letters, {letters.Count(letter => !letter.IsRejection)} of them unreadable");

        IEnumerable<string?> ReasonsFor(string name)
        {
            var reasons = letters.Where(letter => messages[letter.Case].Name == name).Select(letter => letter.Reason).ToList();
            reasons.Count.ShouldBe(3, name); // One a command.
            return reasons;
        }

        async Task<bool> HasEveryMessageEndedAsync()
        {
            await TakeLettersAsync();
            return !Unended().Any();
        }

        IEnumerable<BadMessage> Unended()
        {
            var ended = EndsByCase();
            return messages.Where((_, number) => ended[number] == 0);
        }

        int[] EndsByCase()
        {
            var done = bus.Seen.Where(seen => Done.Contains(seen.Event)).Select(seen => (Id: (string?)seen.Message["messageId"], Email: (string?)seen.Message["email"])).Distinct().ToList();
            var ids = done.Select(outcome => outcome.Id).ToHashSet();
            var known = messages.Select(message => message.Id.ToString()).ToHashSet(); // Chance may have made another id of one, too.
            var addresses = done.Where(outcome => outcome.Id is null || !known.Contains(outcome.Id)).Select(outcome => outcome.Email).OfType<string>().ToHashSet();
            var changed = addresses.Except(messages.Select(message => message.Address)).Concat(ids.OfType<string>().Except(known)).ToList(); // By chance; yet each is in its body.
            var ended = letters.CountBy(letter => letter.Case).ToDictionary();
            return [.. messages.Select((message, number) => ended.GetValueOrDefault(number) + (IsDone(message) ? 1 : 0))];

            bool IsDone(BadMessage message) => ids.Contains(message.Id.ToString()) || addresses.Contains(message.Address) || (message.IsByChance && changed.Exists(message.Mentions));
        }

        async Task TakeLettersAsync()
        {
            foreach (var queue in AmqpClient.Queues)
            {
                if (await bus.DepthAsync($"{queue}_error") > 0)
                    letters.AddRange((await bus.DeadLettersAsync(queue)).Select(letter => new Letter(int.Parse(letter.Headers[Mark]!, CultureInfo.InvariantCulture), letter.Headers.GetValueOrDefault("MT-Fault-ExceptionType"), letter.Headers.GetValueOrDefault("MT-Fault-Message"))));
            }
        }
    }

    private static async Task SendAsync(IChannel channel, int number, BadMessage message)
    {
        var properties = new BasicProperties
        {
            Persistent = true,
            MessageId = message.Id.ToString(),
            Headers = new Dictionary<string, object?> { [Mark] = number.ToString(CultureInfo.InvariantCulture) },
        };
        if (message.ContentType is { } contentType)
            properties.ContentType = contentType;
        message.Change?.Invoke(properties);
        await channel.BasicPublishAsync($"HubSpotMessaging.Contracts:{message.Command}", "", mandatory: true, properties, message.Body);
    }

    /// <summary>The messages of the lines that are errors.</summary>
    private static IEnumerable<string> Errors(string output) =>
        from line in output.Split('\n')
        where line.StartsWith('{')
        let entry = JsonNode.Parse(line)!
        where (string?)entry["LogLevel"] is "Error" or "Critical"
        select $"{entry["Category"]}: {entry["Message"]} {entry["Exception"]}".TrimEnd();

    private sealed record Letter(int Case, string? Exception, string? Reason)
    {
        /// <summary>Whether it could be read, and was judged.</summary>
        public bool IsRejection => Exception?.EndsWith("CommandRejectedException", StringComparison.Ordinal) == true;
    }
}
