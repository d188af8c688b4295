using System.Text.Json;
using HubSpotMessaging.Service.Bus;
using RabbitMQ.Client.Exceptions;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>
/// Carries out what operators ask for. A dead letter is sent again before it is acknowledged, and acknowledged before it leaves the index: a
/// crash in between makes two of it, never none, and two of a command are effective once.
/// </summary>
internal sealed partial class DeadLetterActions(
    DeadLetterIndex index, DeadLetterRequests requests, TimeProvider time, ILogger<DeadLetterActions> logger)
{
    /// <summary>How many are sent before the first of them must be confirmed.</summary>
    private const int Batch = 100;

    private const int MostFailures = 20;

    /// <exception cref="RabbitMQClientException">The broker has gone; the request stays.</exception>
    /// <exception cref="StackExchange.Redis.RedisException">Redis cannot be reached; the request stays.</exception>
    public async Task CarryOutAsync(DeadLetterRequest request, HeldLetters held, CancellationToken cancellationToken)
    {
        var progress = (await requests.ResultAsync(request.Id) ?? new() { Id = request.Id }) with { State = DeadLetterRequestState.Running };
        await foreach (var ids in index.SelectAsync(request.Selection, Batch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress = await CarryOutAsync(request, ids, held, progress, cancellationToken);
            await requests.SaveAsync(progress);
        }

        await requests.FinishAsync(progress);
        LogDone(request.Action, progress.Done, progress.Gone, progress.Failed);
    }

    private async Task<DeadLetterResult> CarryOutAsync(
        DeadLetterRequest request, IReadOnlyList<string> ids, HeldLetters held, DeadLetterResult progress, CancellationToken cancellationToken)
    {
        var letters = (await index.ReadAsync(ids)).Where(letter => held.Holds(letter.Id)).ToList();
        var outcomes = request.Action == DeadLetterAction.Replay
            ? await SendAsync(letters, request.Correction, held, cancellationToken)
            : [.. letters.Select(_ => (string?)null)];

        List<DeadLetterId> done = [];
        List<DeadLetterFailure> failures = [];
        foreach (var (letter, problem) in letters.Zip(outcomes))
        {
            if (problem is not null)
                failures.Add(new(letter.Id, problem));
            else if (await held.AcknowledgeAsync(letter, cancellationToken))
                done.Add(letter.Id);
        }

        await index.RemoveAsync(done);
        return progress with
        {
            Done = progress.Done + done.Count,
            Gone = progress.Gone + ids.Count - letters.Count,
            Failed = progress.Failed + failures.Count,
            Failures = [.. progress.Failures.Concat(failures).Take(MostFailures)],
        };
    }

    /// <summary>Sends them, and waits until the broker has each. For each the reason why it could not be sent, or null.</summary>
    private async Task<IReadOnlyList<string?>> SendAsync(
        IReadOnlyList<DeadLetter> letters, Correction? correction, HeldLetters held, CancellationToken cancellationToken)
    {
        var contents = await index.ContentsAsync([.. letters.Select(letter => letter.Id.ToString())]);
        return await Task.WhenAll(letters.Zip(contents, (letter, content) => SendAsync(letter, content, correction, held, cancellationToken)));
    }

    private async Task<string?> SendAsync(
        DeadLetter letter, DeadLetterContent? content, Correction? correction, HeldLetters held, CancellationToken cancellationToken)
    {
        if (content is null)
            return "Its content is not in the index.";

        try
        {
            content = correction?.Apply(letter.Command, content, time.GetUtcNow()) ?? content;
            await held.SendAsync(CommandQueues.BulkOf(letter.Queue), content.ForAnotherAttempt(), content.Body, cancellationToken);
            return null;
        }
        catch (CorrectionException exception)
        {
            return exception.Message;
        }
        catch (Exception exception) when (IsOfTheMessage(exception))
        {
            return $"It cannot be made into a message: {exception.Message}"; // Must not keep what comes after it.
        }
        catch (PublishException exception)
        {
            return exception.IsReturn ? "Its queue is not there." : "RabbitMQ did not take it.";
        }
    }

    private static bool IsOfTheMessage(Exception exception) =>
        exception is JsonException or FormatException or ArgumentException or NotSupportedException or (InvalidOperationException and not ObjectDisposedException);

    [LoggerMessage(LogLevel.Information, "{Action} of dead letters: {Done} done, {Gone} not there any more, {Failed} stay")]
    private partial void LogDone(DeadLetterAction action, int done, int gone, int failed);
}
