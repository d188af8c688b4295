using System.Globalization;
using HubSpotMessaging.Emulator;

namespace HubSpotMessaging.Sandbox.Delivery;

/// <summary>The calls that HubSpot got from now on, but for those about tokens.</summary>
internal sealed class CallWatch(EmulatorServer hubSpot)
{
    private readonly long _before = hubSpot.Calls is [.., var last] ? last.Sequence : 0;

    /// <summary>How it answered them, such as <c>429, 200</c>.</summary>
    public string Answers => string.Join(", ", hubSpot.Calls
        .Where(call => call.Sequence > _before && !call.Path.StartsWith("/oauth/", StringComparison.Ordinal))
        .Select(call => call.Status?.ToString(CultureInfo.InvariantCulture) ?? "cut off"));
}
