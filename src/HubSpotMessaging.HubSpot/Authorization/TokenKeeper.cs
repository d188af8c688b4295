using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.OAuth;
using HubSpotMessaging.HubSpot.Line;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Authorization;

/// <summary>
/// The tokens of this process: requests use the access token in memory, and everybody here who finds it used up shares one renewal,
/// which no single caller can cancel.
/// </summary>
public sealed class TokenKeeper : IAccessTokens
{
    private readonly TokenStore _store;
    private readonly TokenRenewal _renewal;
    private readonly OAuthClient _oauth;
    private readonly TimeProvider _time;
    private readonly long? _configuredPortal;

    private readonly Lock _gate = new();
    private Task<HeldTokens>? _renewing;
    private HeldTokens? _current;
    private HeldTokens? _last;

    /// <summary>Keeps no tokens yet.</summary>
    internal TokenKeeper(TokenStore store, TokenRenewal renewal, OAuthClient oauth, IOptions<HubSpotOptions> options, TimeProvider time) =>
        (_store, _renewal, _oauth, _time, _configuredPortal) = (store, renewal, oauth, time, options.Value.PortalId);

    /// <summary>The account (portal) that the service is connected to, as far as this replica knows.</summary>
    public long? PortalId => Volatile.Read(ref _last)?.Tokens.PortalId ?? _configuredPortal;

    /// <summary>Whether this replica has an access token that is alive.</summary>
    public bool IsAuthorized => Volatile.Read(ref _current)?.IsAlive == true;

    /// <summary>When the access token is due; null while there is none.</summary>
    internal TimeSpan? DueIn => Volatile.Read(ref _current)?.DueIn;

    /// <inheritdoc/>
    public async ValueTask<TokenSet> GetAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _current) is not { IsAlive: true } current)
            return await RenewAsync(refused: null, cancellationToken);

        if (current.IsDueForRefresh)
            _ = ShareRenewal(refused: null); // Ahead of time nobody has to wait for it.
        return current.Tokens;
    }

    /// <inheritdoc/>
    public async Task<TokenSet> ReplaceAsync(AccessToken refused, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _current) is { IsAlive: true } current && current.Tokens.AccessToken != refused)
            return current.Tokens;

        // A renewal that was under way already need not have known of the refusal.
        var renewed = await RenewAsync(refused, cancellationToken);
        return renewed.AccessToken != refused ? renewed : await RenewAsync(refused, cancellationToken);
    }

    /// <summary>Looks what is stored, and does what has to be done about it: refreshes what is due, adopts, repairs.</summary>
    /// <exception cref="AuthorizationUnavailableException">There are no tokens to be had.</exception>
    public Task LookAsync(CancellationToken cancellationToken) => RenewAsync(refused: null, cancellationToken);

    /// <summary>Waits until nothing is under way of which a token could be lost.</summary>
    public Task SettledAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
            return (_renewing ?? Task.CompletedTask).WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Stores what a person granted. Null when it is for another account than the first one, to which an installation belongs unless
    /// <see cref="HubSpotOptions.PortalId"/> says otherwise.
    /// </summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<TokenSet?> GrantAsync(TokenResponse response, long portalId, IReadOnlyList<string> scopes)
    {
        ArgumentNullException.ThrowIfNull(response);
        var known = await _store.ReadAsync();
        var tokens = new TokenSet
        {
            AccessToken = response.AccessToken,
            RefreshToken = response.RefreshToken,
            Lifetime = TimeSpan.FromSeconds(response.ExpiresIn),
            GeneratedAt = _time.GetUtcNow(),
            PortalId = portalId,
            Generation = Math.Max(known.Generation, Volatile.Read(ref _last)?.Tokens.Generation ?? 0) + 1,
            Grant = Grant.New(_time),
            Origin = TokenOrigin.Granted,
        };
        return await _store.GrantAsync(tokens, isPinned: _configuredPortal is null, new AuthorizationGiven(portalId, scopes))
            ? Hold(new HeldTokens(tokens, _time)).Tokens
            : null;
    }

    /// <summary>Takes the grant back at HubSpot, and forgets the tokens here.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<DisconnectResult> DisconnectAsync(CancellationToken cancellationToken)
    {
        while (await _store.ReadAsync() is { Tokens: { } tokens } stored)
        {
            // Version 1 says so when it does not know a token any more; the others say yes to that, too.
            var answer = await _oauth.RevokeAsync(tokens.RefreshToken, cancellationToken);
            if (!answer.Succeeded && answer.Kind != AnswerKind.NotFound)
                return new DisconnectResult.NotConfirmed(answer.Problem);

            // Unless other tokens have come meanwhile, which are then to be revoked, too.
            if (await _store.LoseAsync(AuthorizationLoss.Revoked, stored, forget: true) is not Losing.Lost)
                continue;

            Volatile.Write(ref _current, null);
            return new DisconnectResult.Done();
        }

        return new DisconnectResult.NothingToDo();
    }

    private async Task<TokenSet> RenewAsync(AccessToken? refused, CancellationToken cancellationToken) =>
        (await ShareRenewal(refused).WaitAsync(cancellationToken)).Tokens;

    private Task<HeldTokens> ShareRenewal(AccessToken? refused)
    {
        lock (_gate)
            return _renewing = _renewing is null or { IsCompleted: true } ? RenewForAllAsync(refused) : _renewing;
    }

    private async Task<HeldTokens> RenewForAllAsync(AccessToken? refused)
    {
        await Task.Yield(); // Leaves the lock before anything else happens.
        try
        {
            return Hold(await _renewal.RenewAsync(Volatile.Read(ref _last), refused));
        }
        catch (AuthorizationUnavailableException)
        {
            Volatile.Write(ref _current, null);
            throw;
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException)
        {
            throw new AuthorizationUnavailableException("Redis, where the tokens are, does not answer.", exception);
        }
    }

    private HeldTokens Hold(HeldTokens tokens)
    {
        Volatile.Write(ref _current, tokens);
        Volatile.Write(ref _last, tokens); // To tell whose outcomes they are, and what Redis ought to hold, while there is no authorization.
        return tokens;
    }
}

/// <summary>How taking the authorization back ends.</summary>
public abstract record DisconnectResult
{
    private DisconnectResult()
    {
    }

    /// <summary>HubSpot does not honour the tokens any more, and they are forgotten here.</summary>
    public sealed record Done : DisconnectResult;

    /// <summary>There were no tokens.</summary>
    public sealed record NothingToDo : DisconnectResult;

    /// <summary>HubSpot did not confirm it; nothing has changed.</summary>
    public sealed record NotConfirmed(HubSpotProblem Problem) : DisconnectResult;
}
