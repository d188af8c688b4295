using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.OAuth;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Authorization;

/// <summary>
/// Keeps the access token fresh: ahead of its end, by one replica at a time, and never believing a passing trouble to be a loss of
/// authorization.
/// </summary>
public sealed partial class TokenKeeper(
    TokenStore store,
    OAuthClient oauth,
    IAuthorizationEvents events,
    IOptions<HubSpotOptions> options,
    TimeProvider time,
    ILogger<TokenKeeper> logger)
{
    private static readonly TimeSpan LeasePoll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseAfterTrouble = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PauseAfterClientRejected = TimeSpan.FromMinutes(1);

    /// <summary>Longer than a refresh can take, so that the lease of a living replica does not end under it.</summary>
    private readonly TimeSpan _leaseDuration = options.Value.RequestTimeout + TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly string _owner = Guid.NewGuid().ToString("N");
    private Task<TokenSet>? _renewal;
    private TokenSet? _current;
    private TokenSet? _last;
    private DateTimeOffset _noRefreshBefore;

    /// <summary>The account (portal) that the service is connected to, as far as this replica knows.</summary>
    public long? PortalId => Volatile.Read(ref _last)?.PortalId ?? options.Value.PortalId;

    /// <summary>Tokens with an access token that is alive.</summary>
    /// <exception cref="AuthorizationUnavailableException">There are none: a person must connect the service, or HubSpot's token
    /// endpoint cannot be reached.</exception>
    public async ValueTask<TokenSet> GetAsync(CancellationToken cancellationToken)
    {
        var current = Volatile.Read(ref _current);
        return current is not null && !current.IsDueForRefresh(time.GetUtcNow())
            ? current
            : await RenewAsync(refused: null, cancellationToken);
    }

    /// <summary>Tokens other than the ones with an access token that HubSpot refused.</summary>
    /// <exception cref="AuthorizationUnavailableException">There are none.</exception>
    public async Task<TokenSet> ReplaceAsync(AccessToken refused, CancellationToken cancellationToken)
    {
        var current = Volatile.Read(ref _current);
        if (current is null || current.AccessToken == refused)
            current = await RenewAsync(refused, cancellationToken);

        // A renewal that was under way already need not have known of the refusal.
        return current.AccessToken != refused ? current : await RenewAsync(refused, cancellationToken);
    }

    /// <summary>Stores what a person granted.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<TokenSet> GrantAsync(TokenResponse response, long portalId)
    {
        ArgumentNullException.ThrowIfNull(response);
        var tokens = Adopt(await store.GrantAsync(ToTokens(response, response.RefreshToken, portalId)));
        LogGranted(portalId, tokens.Generation);
        return tokens;
    }

    /// <summary>Callers share one renewal, which no single one of them can cancel.</summary>
    private async Task<TokenSet> RenewAsync(AccessToken? refused, CancellationToken cancellationToken)
    {
        Task<TokenSet> renewal;
        lock (_gate)
        {
            if (_renewal is null or { IsCompleted: true })
                _renewal = RenewForAllAsync(refused);
            renewal = _renewal;
        }

        try
        {
            return await renewal.WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException)
        {
            throw new AuthorizationUnavailableException("Redis, where the tokens are, does not answer.", exception);
        }
    }

    private async Task<TokenSet> RenewForAllAsync(AccessToken? refused)
    {
        await Task.Yield(); // Leaves the lock before anything else happens.

        while (true)
        {
            var stored = await ReadAsync();
            if (Usable(stored, refused) is { } usable)
                return Adopt(usable);

            await EnsureHopeAsync(stored);
            if (await store.TryLeaseAsync(_owner, _leaseDuration))
                return await RefreshUnderLeaseAsync(refused);

            // Another replica is refreshing. Ahead of time there is no hurry: the old token serves meanwhile.
            if (StillServes(stored.Tokens, refused) is { } serving)
                return Adopt(serving);

            await Task.Delay(LeasePoll, time);
        }
    }

    private async Task<TokenSet> RefreshUnderLeaseAsync(AccessToken? refused)
    {
        try
        {
            // The one who had the lease before may have brought what is wanted.
            var stored = await ReadAsync();
            if (Usable(stored, refused) is { } usable)
                return Adopt(usable);

            await EnsureHopeAsync(stored);
            return Adopt(await RefreshAsync(stored.Tokens!, refused));
        }
        finally
        {
            await store.ReleaseAsync(_owner);
        }
    }

    private async Task<TokenSet> RefreshAsync(TokenSet old, AccessToken? refused)
    {
        if (time.GetUtcNow() < _noRefreshBefore)
            return StillServes(old, refused) ?? throw new AuthorizationUnavailableException("HubSpot's token endpoint is in trouble.");

        var answer = await oauth.RefreshAsync(old.RefreshToken, CancellationToken.None);
        if (answer.Succeeded)
            return await StoreAsync(old, answer.Value);

        if (LossIn(answer.Problem) is { } loss)
        {
            if (loss == AuthorizationLoss.ClientRejected)
                _noRefreshBefore = time.GetUtcNow() + PauseAfterClientRejected;
            await LoseAsync(loss, old);
            throw new AuthorizationUnavailableException("HubSpot refused to refresh the access token.");
        }

        var pause = answer.Problem.RetryAfter is { } asked && asked > PauseAfterTrouble ? asked : PauseAfterTrouble;
        _noRefreshBefore = time.GetUtcNow() + pause;
        LogRefreshFailed(answer.Kind, answer.Problem.Status, answer.Problem.CorrelationId, pause);
        return StillServes(old, refused)
            ?? throw new AuthorizationUnavailableException("HubSpot's token endpoint is in trouble, and the access token has ended.");
    }

    private async Task<TokenSet> StoreAsync(TokenSet old, TokenResponse response)
    {
        var fresh = ToTokens(response, old.RefreshToken, response.HubId ?? old.PortalId);
        if (await store.ReplaceAsync(old.RefreshToken, fresh) is not { } stored)
        {
            // Somebody connected anew meanwhile: theirs is newer.
            return (await ReadAsync()).Tokens ?? throw new AuthorizationUnavailableException();
        }

        LogRefreshed(stored.Generation, stored.ExpiresAt);
        await events.RefreshedAsync(stored, CancellationToken.None);
        return stored;
    }

    /// <summary>What is stored, unless it belongs to another account than this installation does.</summary>
    private async Task<StoredAuthorization> ReadAsync()
    {
        var stored = await store.ReadAsync();
        if (stored.Tokens?.PortalId is { } portal && options.Value.PortalId is { } expected && portal != expected)
        {
            LogForeignTokens(portal, expected);
            throw new AuthorizationUnavailableException($"The tokens in Redis are those of HubSpot account {portal}, not of {expected} (HubSpot:PortalId).");
        }

        return stored;
    }

    /// <summary>Throws when only a person can help.</summary>
    private async Task EnsureHopeAsync(StoredAuthorization stored)
    {
        if (stored.Tokens is null)
        {
            await LoseAsync(AuthorizationLoss.NotYetAuthorized, null);
            throw new AuthorizationUnavailableException("Nobody has connected the service to HubSpot yet.");
        }

        if (stored.Loss == AuthorizationLoss.Revoked)
            throw new AuthorizationUnavailableException("HubSpot does not honour the grant any more; a person must connect the service again.");
    }

    private async Task LoseAsync(AuthorizationLoss loss, TokenSet? tokens)
    {
        Volatile.Write(ref _current, null);
        if (!await store.LoseAsync(loss, tokens?.RefreshToken))
            return;

        LogRequired(loss);
        await events.RequiredAsync(loss, tokens?.PortalId, CancellationToken.None);
    }

    private TokenSet? Usable(StoredAuthorization stored, AccessToken? refused) =>
        stored is { Loss: null, Tokens: { } tokens } && tokens.AccessToken != refused && !tokens.IsDueForRefresh(time.GetUtcNow()) ? tokens : null;

    private TokenSet? StillServes(TokenSet? tokens, AccessToken? refused) =>
        tokens is not null && tokens.AccessToken != refused && tokens.IsAlive(time.GetUtcNow()) ? tokens : null;

    private TokenSet Adopt(TokenSet tokens)
    {
        Volatile.Write(ref _current, tokens);
        Volatile.Write(ref _last, tokens); // Whose outcomes are told also while there is no authorization.
        return tokens;
    }

    private TokenSet ToTokens(TokenResponse response, RefreshToken fallback, long? portalId) => new()
    {
        AccessToken = response.AccessToken,
        RefreshToken = response.RefreshToken.IsEmpty ? fallback : response.RefreshToken,
        Lifetime = TimeSpan.FromSeconds(response.ExpiresIn),
        GeneratedAt = time.GetUtcNow(),
        PortalId = portalId,
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

    [LoggerMessage(LogLevel.Information, "Connected to HubSpot account {PortalId}, tokens of generation {Generation} stored")]
    private partial void LogGranted(long portalId, long generation);

    [LoggerMessage(LogLevel.Information, "Access token refreshed: generation {Generation}, good until {ExpiresAt:O}")]
    private partial void LogRefreshed(long generation, DateTimeOffset expiresAt);

    [LoggerMessage(LogLevel.Warning, "Refreshing the access token failed: {Kind} (status {Status}, correlation id {CorrelationId}); not again for {Pause}")]
    private partial void LogRefreshFailed(AnswerKind kind, int? status, string? correlationId, TimeSpan pause);

    [LoggerMessage(LogLevel.Error, "The tokens in Redis are those of HubSpot account {PortalId}, not of {Expected} (HubSpot:PortalId): nothing is sent until an operator connects the right one")]
    private partial void LogForeignTokens(long portalId, long expected);

    [LoggerMessage(LogLevel.Critical, "A person must connect the service to HubSpot: {Loss}")]
    private partial void LogRequired(AuthorizationLoss loss);
}
