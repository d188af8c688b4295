using HubSpotMessaging.Contracts;
using HubSpotMessaging.HubSpot.Delivery.Guard;
using HubSpotMessaging.Service.Consumers;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>
/// Tells beforehand what of a replay HubSpot already has something newer of: the write guard would skip it, and whoever replays it would
/// wonder.
/// </summary>
internal sealed class StaleReplays(DeadLetterIndex index, IWriteGuard guard, TimeProvider time)
{
    private const int Batch = 200;

    /// <summary>Nobody reads more.</summary>
    private const int MostExamples = 20;

    /// <summary>Looks at all that are meant, up to this moment.</summary>
    /// <exception cref="StackExchange.Redis.RedisException">Redis cannot be reached.</exception>
    public async Task<StaleLetters> FindAsync(DeadLetterSelection selection, Correction? correction, CancellationToken cancellationToken)
    {
        var (count, examples) = (0, new List<StaleLetter>());
        await foreach (var ids in index.SelectAsync(selection, Batch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var letters = await index.ReadAsync(ids);
            var contents = await index.ContentsAsync([.. letters.Select(letter => letter.Id.ToString())]);
            var writes = letters.Zip(contents, (letter, content) => (letter.Id, Write: content is null ? null : WriteOf(letter, content, correction)))
                .Where(each => each.Write is not null).ToList();
            var standings = await guard.PeekAsync([.. writes.Select(each => each.Write!)]);
            foreach (var ((id, _), properties) in writes.Zip(standings))
            {
                List<string> outdated = [.. properties.Where(property => property.Value == Standing.Outdated).Select(property => property.Key).Order(StringComparer.Ordinal)];
                if (outdated.Count == 0)
                    continue;
                count++;
                if (examples.Count < MostExamples)
                    examples.Add(new(id, outdated));
            }
        }

        return new(count, examples);
    }

    /// <summary>What a command would have written; null of one that writes no contact, or cannot be read.</summary>
    private GuardedWrite? WriteOf(DeadLetter letter, DeadLetterContent content, Correction? correction)
    {
        if (letter.Command == nameof(PostTimelineEvent) || correction?.TrueNow == true)
            return null;
        try
        {
            content = correction?.Apply(letter.Command, content, time.GetUtcNow()) ?? content;
        }
        catch (CorrectionException)
        {
            return null; // Is not sent.
        }

        if (CommandBody.Parse(content.Body.Span) is not { } body || body.Email is not { } email)
            return null;
        var version = VersionOf(content, body);
        var names = body.PropertyNames.Where(name => !name.Equals("email", StringComparison.OrdinalIgnoreCase)).Distinct(StringComparer.Ordinal).ToList();
        return names.Count == 0 ? null // Changes no contact that is there.
            : new(EmailAddress.Normalize(email), names.ToDictionary(name => name, _ => version, StringComparer.Ordinal));
    }

    /// <summary>Its place in the order, as the consumer will find it (see <see cref="CommandIdentity"/>).</summary>
    private WriteVersion VersionOf(DeadLetterContent content, CommandBody body)
    {
        var key = DeadLetterParser.Key(content, body) ?? "";
        var received = CommandBody.Moment(content.Headers.Text(CommandIdentity.ReceivedAtHeader));
        var known = body.OccurredAt ?? CommandBody.Moment(content.Headers.Text(CommandIdentity.OccurredAtHeader)) ?? (received is null ? SentAt(content, body) : null);
        return known is { } moment ? WriteVersion.Known(moment, key) : WriteVersion.Received(received ?? time.GetUtcNow(), key);
    }

    private static DateTimeOffset? SentAt(DeadLetterContent content, CommandBody body) => body.IsEnvelope ? body.SentAt
        : content.Properties.Timestamp is > 0 and < 253_402_300_800 and var seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
}

/// <summary>What of a replay would be skipped.</summary>
/// <param name="Count">How many dead letters have something that HubSpot has something newer of.</param>
/// <param name="Examples">The first of them.</param>
internal sealed record StaleLetters(int Count, IReadOnlyList<StaleLetter> Examples);

/// <summary>A dead letter with something that HubSpot has something newer of.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Properties">The properties that would be skipped.</param>
internal sealed record StaleLetter(DeadLetterId Id, IReadOnlyList<string> Properties);
