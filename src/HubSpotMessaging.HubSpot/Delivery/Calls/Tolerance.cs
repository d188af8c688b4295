namespace HubSpotMessaging.HubSpot.Delivery.Calls;

/// <summary>How often a call may end without telling before somebody else has to judge it.</summary>
/// <param name="IsRepeatable">Whether doing it twice is harmless. If not, an answer that leaves it open is judged at once.</param>
/// <param name="Unreadable">How many answers may say nothing.</param>
/// <param name="InternalErrors">How many answers in a row may be HubSpot's own error (500), which may be about what was sent.</param>
public sealed record Tolerance(bool IsRepeatable, int Unreadable, int InternalErrors)
{
    /// <summary>Of what must not be done twice.</summary>
    public static Tolerance OfOnce { get; } = new(IsRepeatable: false, 1, 1);

    /// <summary>Of a question. That HubSpot answers it says nothing of what is done to it.</summary>
    public static Tolerance OfQuestion { get; } = new(IsRepeatable: true, 3, 3) { IsQuestion = true };

    /// <summary>Of a batch that can be divided.</summary>
    public static Tolerance OfBatch { get; } = new(IsRepeatable: true, 1, 2);

    /// <summary>Of a part of a batch, which is divided further.</summary>
    public static Tolerance OfPart { get; } = new(IsRepeatable: true, 1, 1) { IsOfPart = true };

    /// <summary>Of what stands alone, and is sent again by whoever sends it when an answer says nothing.</summary>
    public static Tolerance OfSingle { get; } = new(IsRepeatable: true, 1, 3);

    /// <summary>Whether nothing is to be done.</summary>
    internal bool IsQuestion { get; private init; }

    /// <summary>Whether somebody has made sure before that HubSpot does not fail at everything.</summary>
    internal bool IsOfPart { get; private init; }
}
