using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Delivery.Guard;
using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.HubSpot.Delivery.Contacts;

/// <summary>The right of one batch to write its contacts, from the claim to the settlement.</summary>
internal sealed class ContactLease(IWriteGuard guard, IReadOnlyList<string> emails, string request, long claimedAt, TimeProvider time)
{
    private bool _isFresh = true;
    private long _since = claimedAt;

    /// <summary>Whether HubSpot may have written something without saying so.</summary>
    public bool MayHaveWritten { get; private set; }

    /// <summary>Whether something was sent whose answer never came, so that it may still arrive.</summary>
    public bool MayStillArrive { get; private set; }

    /// <summary>Makes sure that a request which goes now cannot come after the lease's end.</summary>
    /// <exception cref="LeaseLostException">The lease has ended meanwhile.</exception>
    public async Task CoverAsync(Permit permit)
    {
        if (!_isFresh)
        {
            _since = time.GetTimestamp();
            if (!await guard.RenewAsync(request, emails))
                throw new LeaseLostException();
        }

        _isFresh = false;
        var sendBefore = _since + (long)(guard.SendWithin.TotalSeconds * time.TimestampFrequency);
        permit.SendBefore = sendBefore;
    }

    /// <summary>Remembers that an answer says nothing of a contact.</summary>
    public void NoteUntold() => MayHaveWritten = true;

    /// <summary>Remembers what an answer leaves open.</summary>
    public void Note<T>(Answer<T> answer)
        where T : class
    {
        MayHaveWritten |= answer.IsUncertain;

        // What stands between us and HubSpot gives up before HubSpot does.
        MayStillArrive |= answer.Kind == AnswerKind.NoAnswer || answer is { Kind: AnswerKind.Unavailable, Problem.Status: 408 or 502 or 504 };
    }
}

/// <summary>Somebody else may write the contacts now.</summary>
internal sealed class LeaseLostException() : Exception("The lease of the contacts has ended.");
