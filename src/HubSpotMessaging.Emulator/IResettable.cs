namespace HubSpotMessaging.Emulator;

/// <summary>Holds state that <c>POST /emulator/reset</c> puts back to what the emulator started with.</summary>
internal interface IResettable
{
    void Reset();
}
