using System.Diagnostics.CodeAnalysis;
using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.OAuth;
using HubSpotMessaging.HubSpot.Line;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Authorization;

/// <summary>
/// Finds or makes living tokens, one refresh at a time over all replicas, and never takes a passing trouble for a loss of
/// authorization.
/// </summary>
internal sealed partial class TokenRenewal(
    TokenStore store,
    OAuthClient oauth,
    TokenAdoption adoption,
    AuthorizationAlarm alarm,
    IOptions<HubSpotOptions> options,
    TimeProvider time,
    ILogger<TokenRenewal> logger)
{
    private static readonly TimeSpan LeasePoll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseAfterTrouble = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PauseAfterClientRejected = TimeSpan.FromMinutes(1);

    /// <summary>HubSpot's wish is obeyed up to here: nobody should find out by a day without delivery that it was a mistake.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan FirstWriteBackoff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWriteBackoff = TimeSpan.FromSeconds(2);

    /// <summary>For how long tokens that HubSpot gave out for refused ones, and refuses again, are no reason to ask for still others.</summary>
    private static readonly TimeSpan NewEnough = TimeSpan.FromMinutes(1);

    /// <summary>Longer than a refresh can take, so that the lease of a living replica does not end under it.</summary>
    public TimeSpan Lease { get; } = options.Value.RequestTimeout + TimeSpan.FromSeconds(5);

    /// <summary>Longer than the lease: a replica that was held up may come back with the only tokens that live.</summary>
    private readonly TimeSpan _hope = options.Value.RequestTimeout + TimeSpan.FromSeconds(20);

    private (AccessToken Token, long At)? _judged;

    /// <summary>Living tokens, other than the refused ones.</summary>
    /// <param name="last">The last tokens that this process knew to be good, against a Redis that was rolled back.</param>
    /// <param name="refused">An access token that HubSpot refused.</param>
    /// <exception cref="AuthorizationUnavailableException">There are none.</exception>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<HeldTokens> RenewAsync(HeldTokens? last, AccessToken? refused)
    {
        var held = await FindAsync(last, refused);
        await alarm.EndAsync();
        return held;
    }

    private async Task<HeldTokens> FindAsync(HeldTokens? last, AccessToken? refused)
    {
        while (true)
        {
            var stored = await store.ReadAsync();
            if (last is not null && stored.IsBehind(last.Tokens))
            {
                LogRolledBack(last.Tokens.Generation);
                if (!await store.PutAsync(stored, last.Tokens with { Origin = TokenOrigin.Repaired }))
                    await Task.Delay(LeasePoll, time);
                continue;
            }

            var tokens = await EnsureHopeAsync(stored);
            var held = last?.Tokens.AccessToken == tokens.AccessToken ? last : new HeldTokens(tokens, time);
            if (!stored.IsByHand && Serves(held, refused) && !held.IsDueForRefresh)
                return held;

            if (IsNewAnswerTo(refused, held))
                await JudgeAsync(stored, held);

            // The old token serves meanwhile, unless it was put there by hand: nobody knows yet of which account it is.
            var serving = stored.IsByHand ? null : held;
            var attempt = Guid.NewGuid().ToString("N");
            switch (await store.BeginAsync(attempt, stored, Lease, _hope))
            {
                case Beginning.Begun:
                    var renewed = await ReplaceAsync(attempt, stored, serving, refused);
                    if (renewed.IsStored)
                        return renewed.Tokens!;
                    last = renewed.Tokens ?? last;
                    break; // Looks again: it took a while, and a person may have connected the service meanwhile.

                case Beginning.Taken when Serves(serving, refused):
                    return serving;
                case Beginning.Taken or Beginning.Changed:
                    await Task.Delay(LeasePoll, time);
                    break;

                case Beginning.Paused when Serves(serving, refused):
                    return serving;
                case Beginning.Paused paused:
                    var why = $"There is no access token, and HubSpot's token endpoint is asked again only in {paused.For:c}.";
                    throw stored.Loss is null ? alarm.Wait(why) : new AuthorizationUnavailableException(why);
            }
        }
    }

    private async Task<Renewed> ReplaceAsync(string attempt, StoredAuthorization stored, HeldTokens? serving, AccessToken? refused)
    {
        try
        {
            return stored.IsByHand ? await AdoptAsync(attempt, stored) : await RefreshAsync(attempt, stored, serving, refused);
        }
        catch (Exception exception) when (exception is not (AuthorizationUnavailableException or RedisException or RedisTimeoutException))
        {
            await store.SettleAsync(attempt, PauseAfterTrouble); // So that a mistake of ours does not hold everybody up.
            throw;
        }
    }

    private async Task<Renewed> RefreshAsync(string attempt, StoredAuthorization stored, HeldTokens? serving, AccessToken? refused)
    {
        var asked = time.GetUtcNow(); // The lifetime counts from some moment after this one.
        var answer = await oauth.RefreshAsync(stored.Tokens!.RefreshToken, CancellationToken.None);
        if (answer.Succeeded)
            return await StoreAsync(attempt, stored, ToTokens(stored.Tokens, answer.Value, asked, refused));

        switch (LossIn(answer.Problem))
        {
            case AuthorizationLoss.Revoked:
                return await DoubtAsync(attempt, stored);

            case AuthorizationLoss.ClientRejected:
                LogClientRejected(answer.Problem.CorrelationId, PauseAfterClientRejected);
                await store.SettleAsync(attempt, PauseAfterClientRejected);
                if (!Serves(serving, refused))
                    await LoseAsync(AuthorizationLoss.ClientRejected, stored); // Until then it may heal by itself, or at another replica.
                return Renewed.InVain;

            default: // Such as a 429.
                var pause = Clamp(answer.Problem.RetryAfter ?? PauseAfterTrouble, PauseAfterTrouble, LongestPause);
                LogRefreshFailed(answer.Kind, answer.Problem.Status, answer.Problem.CorrelationId, pause);
                await store.SettleAsync(attempt, pause);
                return Renewed.InVain;
        }
    }

    /// <summary>Comes first after the answer, and is not given up while the process lives: these may be the only tokens that do.</summary>
    private async Task<Renewed> StoreAsync(string attempt, StoredAuthorization parent, TokenSet fresh)
    {
        var announcement = new TokensRefreshed(fresh.PortalId, fresh.ExpiresAt, fresh.Generation);
        for (var backoff = FirstWriteBackoff; ; backoff = backoff * 2 < LongestWriteBackoff ? backoff * 2 : LongestWriteBackoff)
        {
            try
            {
                if (!await store.ReplaceAsync(parent, fresh, attempt, announcement))
                    return await CameTooLateAsync(fresh);

                LogRefreshed(fresh.Generation, fresh.ExpiresAt);
                return new Renewed(new HeldTokens(fresh, time), IsStored: true);
            }
#pragma warning disable CA1031 // Nothing that may go wrong here is worth the tokens.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogNotStored(exception.GetType().Name, backoff);
                await Task.Delay(backoff, time);
            }
        }
    }

    /// <summary>Another pair has come, or Redis is not what it was; or an operator took the grant back while HubSpot gave out this one.</summary>
    private async Task<Renewed> CameTooLateAsync(TokenSet fresh)
    {
        if (await store.ReadAsync() is { Tokens: null, IsUnreadable: false, Generation: > 0 })
            await oauth.RevokeAsync(fresh.RefreshToken, CancellationToken.None);
        return new(new HeldTokens(fresh, time), IsStored: false);
    }

    /// <summary>HubSpot does not know the refresh token: dead, or replaced by somebody who has not come to store its successor yet.</summary>
    private async Task<Renewed> DoubtAsync(string attempt, StoredAuthorization stored)
    {
        switch (await store.LoseAsync(AuthorizationLoss.Revoked, stored, attempt))
        {
            case Losing.Doubtful doubt:
                LogDoubtful(doubt.For);
                break;
            case Losing.Lost:
                alarm.Tell(AuthorizationLoss.Revoked, stored);
                break;
        }

        return Renewed.InVain;
    }

    /// <summary>Tokens that somebody has put there become ours, if they are those of the right account.</summary>
    private async Task<Renewed> AdoptAsync(string attempt, StoredAuthorization stored)
    {
        switch (await adoption.TryAsync(attempt, stored))
        {
            case Adoption.Dead:
                return await DoubtAsync(attempt, stored);
            case Adoption.NotNow:
                await store.SettleAsync(attempt, PauseAfterTrouble);
                break;
            case Adoption.Foreign:
                await LoseAsync(AuthorizationLoss.OtherAccount, stored);
                await store.SettleAsync(attempt, TimeSpan.Zero);
                break;
            default:
                await store.SettleAsync(attempt, TimeSpan.Zero); // Others may have come, and these may be due.
                break;
        }

        return Renewed.InVain;
    }

    /// <summary>HubSpot refuses an access token that it has just given out. Whether it is dead, only the token endpoint can say.</summary>
    private async Task JudgeAsync(StoredAuthorization stored, HeldTokens held)
    {
        var token = held.Tokens.AccessToken;
        if (_judged is not { } judged || judged.Token != token || time.GetElapsedTime(judged.At) > NewEnough / 2)
        {
            var info = await oauth.IntrospectAsync(token, CancellationToken.None);
            if (info is { Succeeded: true, Value.Active: false })
                await LoseAsync(AuthorizationLoss.Revoked, stored);
            _judged = (token, time.GetTimestamp());
            LogRefusedAgain(info.Kind, info.CorrelationId);
        }

        throw alarm.Wait("HubSpot refuses an access token that it has just given out.");
    }

    private async Task LoseAsync(AuthorizationLoss loss, StoredAuthorization stored)
    {
        if (await store.LoseAsync(loss, stored) is Losing.Lost)
            alarm.Tell(loss, stored);
    }

    /// <summary>The stored tokens; throws when there is nothing to be tried with them, but only a person can help.</summary>
    private async Task<TokenSet> EnsureHopeAsync(StoredAuthorization stored)
    {
        if (stored.IsUnreadable)
            throw await alarm.RefuseAsync("The tokens in Redis are encrypted with a key that is not in Tokens:Encryption:KeyRing here.");
        if (stored.Tokens?.PortalId is { } portal && options.Value.PortalId is { } expected && portal != expected)
            throw await alarm.RefuseAsync($"The tokens in Redis are those of HubSpot account {portal}, not of {expected} (HubSpot:PortalId).");

        if (stored.Tokens is null && stored.Loss is null)
            await store.LoseAsync(AuthorizationLoss.NotYetAuthorized, stored);
        var loss = stored.Loss ?? (stored.Tokens is null ? AuthorizationLoss.NotYetAuthorized : null);
        alarm.Tell(loss, stored);
        if (stored.Tokens is null)
            throw new AuthorizationUnavailableException("The service is not connected to HubSpot.");
        if (loss is not (null or AuthorizationLoss.ClientRejected))
            throw new AuthorizationUnavailableException($"A person must connect the service to HubSpot: {loss}.");
        return stored.Tokens;
    }

    private static bool IsNewAnswerTo(AccessToken? refused, HeldTokens held) =>
        held.Tokens.AccessToken == refused && held.Tokens.Origin == TokenOrigin.Refused && held.Age < NewEnough && !held.IsDueForRefresh;

    private static bool Serves([NotNullWhen(true)] HeldTokens? held, AccessToken? refused) =>
        held is { IsAlive: true } && held.Tokens.AccessToken != refused;

    private static TimeSpan Clamp(TimeSpan span, TimeSpan least, TimeSpan most) => span < least ? least : span > most ? most : span;

    private static TokenSet ToTokens(TokenSet old, TokenResponse response, DateTimeOffset asked, AccessToken? refused) => old with
    {
        AccessToken = response.AccessToken,
        RefreshToken = response.RefreshToken.IsEmpty ? old.RefreshToken : response.RefreshToken,
        Lifetime = TimeSpan.FromSeconds(response.ExpiresIn),
        GeneratedAt = asked,
        PortalId = response.HubId ?? old.PortalId,
        Generation = old.Generation + 1,
        Origin = refused == old.AccessToken ? TokenOrigin.Refused : TokenOrigin.Due,
    };

    /// <summary>
    /// A loss is only what HubSpot says in so many words: by RFC 6749's error or by its older one. A rate limit, a time-out or an
    /// error page is none.
    /// </summary>
    private static AuthorizationLoss? LossIn(HubSpotProblem problem) => problem.Status is not (400 or 401) ? null : problem.Category switch
    {
        "invalid_grant" or "BAD_REFRESH_TOKEN" => AuthorizationLoss.Revoked,
        "invalid_client" or "BAD_CLIENT_ID" or "BAD_CLIENT_SECRET" => AuthorizationLoss.ClientRejected,
        _ => null,
    };

    /// <summary>What came of trying to replace the tokens.</summary>
    /// <param name="Tokens">What HubSpot gave; null for nothing.</param>
    /// <param name="IsStored">Whether that is what Redis holds now.</param>
    private sealed record Renewed(HeldTokens? Tokens, bool IsStored)
    {
        /// <summary>Nothing.</summary>
        public static Renewed InVain { get; } = new(null, IsStored: false);
    }

    [LoggerMessage(LogLevel.Information, "Access token refreshed: generation {Generation}, good until {ExpiresAt:O}")]
    private partial void LogRefreshed(long generation, DateTimeOffset expiresAt);

    [LoggerMessage(LogLevel.Warning, "Redis has been rolled back or emptied; the tokens of generation {Generation} are written again")]
    private partial void LogRolledBack(long generation);

    [LoggerMessage(LogLevel.Error, "Redis does not take new tokens ({Exception}); trying again in {Wait}. Do not end this process: it may have the only ones")]
    private partial void LogNotStored(string exception, TimeSpan wait);

    [LoggerMessage(LogLevel.Warning, "Refreshing the access token failed: {Kind} (status {Status}, correlation id {CorrelationId}); not again for {Pause}")]
    private partial void LogRefreshFailed(AnswerKind kind, int? status, string? correlationId, TimeSpan pause);

    [LoggerMessage(LogLevel.Warning, "HubSpot refuses the refresh token, but another replica may just have used it; not asked again for {Pause}")]
    private partial void LogDoubtful(TimeSpan pause);

    [LoggerMessage(LogLevel.Error, "HubSpot does not accept HubSpot:ClientId and HubSpot:ClientSecret (correlation id {CorrelationId}); not asked again for {Pause}")]
    private partial void LogClientRejected(string? correlationId, TimeSpan pause);

    [LoggerMessage(LogLevel.Error, "HubSpot refuses an access token that it has just given out; asked about it, it answers {Kind} (correlation id {CorrelationId})")]
    private partial void LogRefusedAgain(AnswerKind kind, string? correlationId);
}
