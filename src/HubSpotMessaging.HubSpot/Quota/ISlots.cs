namespace HubSpotMessaging.HubSpot.Quota;

/// <summary>Takes back the slots of permits that are used up.</summary>
internal interface ISlots
{
    /// <summary>Ends a slot. Does not fail: what Redis is not told now ends by itself later.</summary>
    Task EndAsync(string slot, SlotEnd end);
}
