using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.Contacts;
using HubSpotMessaging.HubSpot.Api.Timeline;
using HubSpotMessaging.HubSpot.Api.Workflows;
using HubSpotMessaging.HubSpot.Quota;
using Microsoft.Extensions.DependencyInjection;

namespace HubSpotMessaging.IntegrationTests.Quota;

/// <summary>The quota within the whole client, over the emulator.</summary>
public sealed class WiringTests(Servers servers)
{
    [Fact]
    public async Task Every_call_takes_a_slot_and_one_that_is_sent_a_second_time_takes_two()
    {
        await using var replicas = await Authorization.Replicas.StartAsync(servers.Redis);
        replicas.HubSpot.Settings.RateLimit = 110;
        var replica = replicas.Add();
        await replicas.GrantAsync(replica.GetRequiredService<HubSpotMessaging.HubSpot.Authorization.TokenKeeper>());
        (await GrantsAsync()).ShouldBe(0); // OAuth takes none.

        var contacts = replica.GetRequiredService<ContactsClient>();
        var answer = await contacts.UpsertAsync(
            [new() { Id = "ada@example.com", ObjectWriteTraceId = "1", Properties = new Dictionary<string, string> { ["email"] = "ada@example.com" } }], null, CancellationToken.None);
        answer.Succeeded.ShouldBeTrue(answer.Problem?.Message);
        (await GrantsAsync()).ShouldBe(1);
        await replica.GetRequiredService<WorkflowsClient>().CurrentEnrollmentsAsync("1", null, CancellationToken.None);
        (await GrantsAsync()).ShouldBe(2);
        await replica.GetRequiredService<TimelineClient>().PostAsync(
            new HubSpotMessaging.HubSpot.Api.Timeline.TimelineEvent { EventTemplateId = "1", Id = "1", Tokens = new Dictionary<string, string>() }, null, CancellationToken.None);
        (await GrantsAsync()).ShouldBe(3);

        var quota = replica.GetRequiredService<IQuota>();
        var permit = await quota.AcquireAsync(new(CallKind.Contacts, Lane.Interactive), CancellationToken.None);
        replicas.HubSpot.ExpireAccessTokens(Installation.Portal); // The first sending is refused with 401.
        (await contacts.GetByEmailAsync("ada@example.com", permit, CancellationToken.None)).Kind.ShouldBe(AnswerKind.Done);
        (await GrantsAsync()).ShouldBe(5);
        await quota.ReturnAsync(permit);
        (await replicas.Redis.SortedSetLengthAsync(QuotaStore.SlotsKey)).ShouldBe(5);
        ((string?)await replicas.Redis.HashGetAsync(QuotaStore.StateKey, "max")).ShouldBe("110.000");

        var overslept = await quota.AcquireAsync(new(CallKind.Contacts, Lane.Interactive), CancellationToken.None);
        replicas.Clock.Advance(TimeSpan.FromSeconds(6));
        var calls = replicas.HubSpot.Calls.Count;
        (await contacts.GetByEmailAsync("ada@example.com", overslept, CancellationToken.None)).Kind.ShouldBe(AnswerKind.Withheld);
        replicas.HubSpot.Calls.Count.ShouldBe(calls);

        async Task<int> GrantsAsync() => (int)(double)await replicas.Redis.HashGetAsync(QuotaStore.StateKey, "seq");
    }
}
