using System.Reflection;
using HubSpotMessaging.IntegrationTests;
using Xunit.v3;

[assembly: NotesFailures]

namespace HubSpotMessaging.IntegrationTests;

/// <summary>Counts the tests that failed.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class NotesFailuresAttribute : BeforeAfterTestAttribute
{
    private static int _count;

    public static int Count => Volatile.Read(ref _count);

    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
            Interlocked.Increment(ref _count);
    }
}
