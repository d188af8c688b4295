using System.Reflection;
using HubSpotMessaging.IntegrationTests.Secrecy;
using Xunit.v3;

[assembly: LeaksFailTests]

namespace HubSpotMessaging.IntegrationTests.Secrecy;

/// <summary>Fails each test during which a secret turned up where none may be.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class LeaksFailTestsAttribute : BeforeAfterTestAttribute
{
    public override void After(MethodInfo methodUnderTest, IXunitTest test) => ThrowIfAny();

    /// <summary>Throws if anything was reported since the last time.</summary>
    public static void ThrowIfAny()
    {
        var leaks = Leaks.Take();
        if (leaks.Count > 0)
            throw new InvalidOperationException($"Secrets leaked:\n{string.Join('\n', leaks)}");
    }
}
