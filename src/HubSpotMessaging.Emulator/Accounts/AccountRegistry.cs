namespace HubSpotMessaging.Emulator.Accounts;

internal sealed class AccountRegistry(EmulatorOptions options)
    : Registry<long, Account>(options.Accounts, account => account.PortalId);

internal static class DefaultAccounts
{
    public static IReadOnlyList<Account> All { get; } =
    [
        new() { PortalId = 1234567, Name = "Example Ltd", HubDomain = "example.com", UserEmail = "jdoe@example.com" },
        new() { PortalId = 7654321, Name = "Another Inc", HubDomain = "example.net", UserEmail = "asmith@example.net" },
    ];
}
