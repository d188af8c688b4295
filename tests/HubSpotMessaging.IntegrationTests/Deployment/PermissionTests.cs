using System.Text.RegularExpressions;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.IntegrationTests.Contracts;
using HubSpotMessaging.IntegrationTests.DeadLetters;
using HubSpotMessaging.Publisher;
using HubSpotMessaging.Testing;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;
using StackExchange.Redis;

namespace HubSpotMessaging.IntegrationTests.Deployment;

/// <summary>The rights that docs/deployment.md says are enough are enough, and no more than that.</summary>
public sealed partial class PermissionTests(Servers servers)
{
    private const string Password = "least-rights";
    private static readonly string Document = File.ReadAllText(Repository.Find("docs/deployment.md"));

    [Fact]
    public async Task The_service_does_everything_with_the_rights_that_the_document_gives_it()
    {
        var (broker, ownsBroker) = await BrokerAsync();
        await using var _ = ownsBroker;
        var withAllRights = "";
        await using var installation = await Installation.PrepareAsync(broker, settings =>
        {
            withAllRights = settings["ConnectionStrings__RabbitMq"]!;
            settings["ConnectionStrings__RabbitMq"] = As("hubspot-service", withAllRights);
            settings["ConnectionStrings__Redis"] += $",user=hubspot,password={Password}";
            settings["DeadLetters__Read"] = "true";
        });
        await GiveAsync(broker, "hubspot-service", withAllRights);
        string[] rule = RedisRule().Match(Document).Groups["rule"].Value.Replace("PASSWORD", Password, StringComparison.Ordinal).Replace("'", "", StringComparison.Ordinal).Split(' ');
        await installation.Redis.ExecuteAsync("ACL", rule);
        await installation.Redis.ExecuteAsync("ACL", "LOG", "RESET");
        await installation.StartServiceAsync();
        (await installation.ConnectAsync()).EnsureSuccessStatusCode();
        var bus = installation.Bus;
        using var api = new OperatorApi(installation.Address);

        // Delivers, rejects, and replays.
        await bus.PublishAsync("SyncContact", """{"commandId":"c","email":"ada@example.com"}""");
        await bus.OutcomeAsync("ContactSynced", "c");
        var id = await installation.RejectAsync(api, "rejected", "ada@example.com", "hat_size");
        installation.AddProperty("hat_size");
        await api.PostAsync("dead-letters/replay", new { ids = new[] { id } });
        await bus.OutcomeAsync("ContactSynced", "rejected");

        // Waits, in RabbitMQ, and comes back.
        await bus.PublishAsync("EnrollInWorkflow", """{"commandId":"e","email":"grace@example.com","workflow":"1001"}""");
        await installation.Service.WaitForLineAsync(line => line.Contains("waits for 00:00:01", StringComparison.Ordinal), TimeSpan.FromSeconds(30));
        await bus.SendAsync("hubspot-sync-contact-bulk", """{"commandId":"b","email":"grace@example.com"}"""u8.ToArray());
        await bus.OutcomeAsync("ContactSynced", "b");
        await bus.OutcomeAsync("ContactEnrolledInWorkflow", "e");
        await bus.PublishAsync("PostTimelineEvent", """{"commandId":"t","eventType":"1001298","email":"ada@example.com","tokens":{"orderNumber":"1"}}""");
        await bus.OutcomeAsync("TimelineEventPosted", "t");

        // Pauses, resumes, shows the console, and answers whoever asks.
        await api.PostAsync("pause", new { });
        await bus.EventAsync("DeliveryPaused", message => (string?)message["reason"] != "Authorization");
        await api.PostAsync("resume", new { });
        using var browser = Installation.NewBrowser();
        using (var page = await browser.GetAsync(new Uri(installation.Address, "console")))
            page.EnsureSuccessStatusCode(); // With a token against forgery, whose keys are in Redis.
        var client = Bus.Factory.CreateUsingRabbitMq(rabbit => rabbit.Host(new Uri(withAllRights)));
        await client.StartAsync();
        (await client.CreateRequestClient<SyncContact>().GetResponse<ContactSynced>(new SyncContact { CommandId = "asked", Email = "ada@example.com" })).Message.CommandId.ShouldBe("asked");
        await client.StopAsync();

        var refused = ((RedisResult[])(await installation.Redis.ExecuteAsync("ACL", "LOG"))!).Select(entry => (string)entry.ToDictionary()["object"]!).Distinct();
        refused.Where(command => command.Split('|')[0] is not ("config" or "cluster")).ShouldBeEmpty(); // Those the client tries at the start, and does without.
        installation.Service.Output.ShouldNotContain("ACCESS_REFUSED");
        installation.Service.Output.ShouldNotContain("NOPERM");
        (await installation.Service.StopAsync()).ShouldBe(0);

        // And may do nothing else.
        await using var redis = await ConnectionMultiplexer.ConnectAsync(installation.Settings["ConnectionStrings__Redis"]! + ",tiebreaker=,configChannel=,allowAdmin=true");
        foreach (var command in (string[][])[["GET", "somebody:else"], ["SET", "somebody:else", "1"], ["KEYS", "*"], ["FLUSHDB"], ["CONFIG", "GET", "*"], ["ACL", "LIST"], ["PUBLISH", "somebody", "1"]])
            (await Should.ThrowAsync<RedisServerException>(() => redis.GetDatabase().ExecuteAsync(command[0], command[1..]))).Message.ShouldContain("NOPERM", customMessage: string.Join(' ', command));
        await MayNotAsync(installation.Settings["ConnectionStrings__RabbitMq"]!, channel => channel.QueueDeclareAsync("somebody-else"));
        await MayNotAsync(installation.Settings["ConnectionStrings__RabbitMq"]!, channel => channel.QueueBindAsync("hubspot-sync-contact", "amq.topic", "#"));
    }

    [Fact]
    public async Task A_publisher_may_publish_and_nothing_else_and_a_subscriber_may_listen_and_nothing_else()
    {
        var (broker, ownsBroker) = await BrokerAsync();
        await using var _ = ownsBroker;
        await using var installation = await Installation.StartAsync(broker, connect: false);
        var withAllRights = installation.Settings["ConnectionStrings__RabbitMq"]!;
        await GiveAsync(broker, "billing", withAllRights);
        await GiveAsync(broker, "crm", withAllRights);

        var publisher = As("billing", withAllRights);
        await using (var client = await AmqpClient.ConnectAsync(publisher))
        {
            await client.PublishAsync("SyncContact", """{"commandId":"p","email":"ada@example.com"}""");
            await client.PublishAsync("EnrollInWorkflow", """{"commandId":"p","email":"ada@example.com","workflow":"1001"}""");
            await client.PublishAsync("PostTimelineEvent", """{"commandId":"p","eventType":"1","email":"ada@example.com","tokens":{}}""");
            await client.SendAsync("hubspot-sync-contact-bulk", """{"commandId":"p","email":"ada@example.com"}"""u8.ToArray());
        }

        foreach (var queue in AmqpClient.Queues)
            await Eventually.BecomesTrueAsync(async () => await installation.Bus.DepthAsync(queue) == 1, $"a command waits in {queue}");
        await MayNotAsync(publisher, channel => channel.BasicGetAsync("hubspot-sync-contact", autoAck: false));
        await MayNotAsync(publisher, channel => channel.QueuePurgeAsync("hubspot-sync-contact"));
        await MayNotAsync(publisher, channel => channel.QueueDeclareAsync("billing-anything"));
        await MayNotAsync(publisher, channel => channel.ExchangeDeclareAsync("billing-anything", "fanout"));
        await MayNotAsync(publisher, channel => channel.BasicPublishAsync("HubSpotMessaging.Contracts:ContactSynced", "", mandatory: true, new BasicProperties(), default).AsTask());
        await MayNotAsync(publisher, channel => channel.BasicPublishAsync("", "hubspot-sync-contact", mandatory: true, new BasicProperties(), default).AsTask());

        var subscriber = As("crm", withAllRights);
        await using var connection = await new ConnectionFactory { Uri = new Uri(subscriber) }.CreateConnectionAsync();
        await using var events = await connection.CreateChannelAsync();
        await events.QueueDeclareAsync("crm-outcomes", durable: true, exclusive: false, autoDelete: false);
        foreach (var exchange in AmqpClient.EventExchanges)
            await events.QueueBindAsync("crm-outcomes", exchange, "");
        (await installation.ConnectAsync()).EnsureSuccessStatusCode();
        await Eventually.BecomesTrueAsync(async () => await events.BasicGetAsync("crm-outcomes", autoAck: true) is { Exchange: "HubSpotMessaging.Contracts:ContactSynced" }, "an outcome came");
        await MayNotAsync(subscriber, channel => channel.BasicGetAsync("hubspot-sync-contact_error", autoAck: false));
        await MayNotAsync(subscriber, channel => channel.QueueBindAsync("crm-outcomes", "HubSpotMessaging.Contracts:SyncContact", ""));
        await MayNotAsync(subscriber, channel => channel.BasicPublishAsync("HubSpotMessaging.Contracts:SyncContact", "", mandatory: true, new BasicProperties(), default).AsTask());
    }

    [Fact]
    public async Task A_publisher_with_MassTransit_publishes_and_asks_with_the_rights_that_the_document_gives_it()
    {
        var (broker, ownsBroker) = await BrokerAsync();
        await using var _ = ownsBroker;
        await using var installation = await Installation.StartAsync(broker);
        var withAllRights = installation.Settings["ConnectionStrings__RabbitMq"]!;
        await GiveAsync(broker, "shop", withAllRights);
        using var application = await PublisherTests.ApplicationAsync(As("shop", withAllRights));
        await using var scope = application.Services.CreateAsyncScope();
        var publisher = scope.ServiceProvider.GetRequiredService<IHubSpotPublisher>();

        await publisher.PublishAsync(new SyncContact { CommandId = "one", Email = "ada@example.com" });
        await installation.Bus.OutcomeAsync("ContactSynced", "one");
        await publisher.PublishAsync(new EnrollInWorkflow { CommandId = "two", Email = "ada@example.com", Workflow = "1001" });
        await installation.Bus.OutcomeAsync("ContactEnrolledInWorkflow", "two");
        await publisher.PublishAsync(new PostTimelineEvent { CommandId = "three", Email = "ada@example.com", EventType = "1001298" });
        await installation.Bus.OutcomeAsync("TimelineEventPosted", "three");
        await publisher.PublishBulkAsync(new SyncContact { CommandId = "four", Email = "bob@example.com" });
        await installation.Bus.OutcomeAsync("ContactSynced", "four");
        await MayNotAsync(As("shop", withAllRights), channel => channel.ExchangeDeclareAsync("HubSpotMessaging.Contracts:IHubSpotCommand", "fanout", durable: true));
        await MayNotAsync(As("shop", withAllRights), channel => channel.BasicGetAsync("hubspot-sync-contact", autoAck: false));

        await GiveAsync(broker, "shop", withAllRights, withRequests: true);
        (await scope.ServiceProvider.GetRequiredService<IRequestClient<SyncContact>>().GetResponse<ContactSynced>(new SyncContact { CommandId = "five", Email = "ada@example.com" }))
            .Message.CommandId.ShouldBe("five");
        await MayNotAsync(As("shop", withAllRights), channel => channel.BasicGetAsync("hubspot-sync-contact", autoAck: false));
        await application.StopAsync();
    }

    [Fact]
    public async Task What_an_administrator_took_from_the_service_and_gave_back_needs_no_restart()
    {
        await using var broker = await Servers.StartOwnAsync();
        var withAllRights = "";
        await using var installation = await Installation.PrepareAsync(broker, settings =>
        {
            withAllRights = settings["ConnectionStrings__RabbitMq"]!;
            settings["ConnectionStrings__RabbitMq"] = As("hubspot-service", withAllRights);
        });
        await GiveAsync(broker, "hubspot-service", withAllRights);
        await installation.StartServiceAsync();
        (await installation.ConnectAsync()).EnsureSuccessStatusCode();
        await DeliversAsync("at first");

        // The password is changed, there first.
        await broker.RabbitMq.ControlAsync(["change_password", "hubspot-service", "another"]);
        await broker.RabbitMq.ControlAsync(["close_all_connections", "--global", "another password"]);
        await installation.Service.WaitForLineAsync(line => line.Contains("RabbitMQ cannot be reached", StringComparison.Ordinal), TimeSpan.FromSeconds(30));
        await broker.RabbitMq.ControlAsync(["change_password", "hubspot-service", Password]);
        await DeliversAsync("with the password");

        // It may declare nothing for a while.
        var virtualHost = new Uri(withAllRights).AbsolutePath.Trim('/');
        await broker.RabbitMq.ControlAsync(["set_permissions", "--vhost", virtualHost, "hubspot-service", "^$", ".*", ".*"]);
        await broker.RabbitMq.ControlAsync(["close_all_connections", "--global", "other rights"]);
        await installation.Service.WaitForLineAsync(line => line.Contains("ACCESS_REFUSED - access to queue", StringComparison.Ordinal), TimeSpan.FromSeconds(30));
        await broker.RabbitMq.ControlAsync(["set_permissions", "--vhost", virtualHost, "hubspot-service", ".*", ".*", ".*"]);
        await DeliversAsync("with the rights");

        async Task DeliversAsync(string when)
        {
            await using var bus = await AmqpClient.ConnectAsync(withAllRights); // The other one's connection is closed, too.
            await bus.SubscribeAsync();
            await bus.PublishAsync("SyncContact", $$"""{"commandId":"{{when}}","email":"ada@example.com"}""");
            await bus.OutcomeAsync("ContactSynced", when, seconds: 60);
        }
    }

    /// <summary>One on which users can be made: the shared one, or else one of its own.</summary>
    private async Task<(Servers Servers, IAsyncDisposable? Own)> BrokerAsync()
    {
        if (servers.RabbitMq.IsOwn)
            return (servers, null);
        var own = await Servers.StartOwnAsync();
        return (own, own);
    }

    /// <summary>Makes a user with the rights that the document has for it.</summary>
    private static async Task GiveAsync(Servers broker, string user, string uri, bool withRequests = false)
    {
        var rights = RabbitMqRights().Matches(Document).Where(match => match.Groups["user"].Value == user).ElementAt(withRequests ? 1 : 0).Groups;
        if (!withRequests)
            await broker.RabbitMq.ControlAsync(["add_user", user, Password]);
        await broker.RabbitMq.ControlAsync(
            ["set_permissions", "--vhost", new Uri(uri).AbsolutePath.Trim('/'), user, rights["configure"].Value, rights["write"].Value, rights["read"].Value]);
    }

    private static string As(string user, string uri) => new UriBuilder(uri) { UserName = user, Password = Password }.Uri.AbsoluteUri;

    private static async Task MayNotAsync(string uri, Func<IChannel, Task> action)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(uri), AutomaticRecoveryEnabled = false }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        var refusal = await Should.ThrowAsync<Exception>(() => action(channel));
        (channel.CloseReason?.ReplyCode).ShouldBe((ushort)403, refusal.ToString());
    }

    [GeneratedRegex("""^rabbitmqctl set_permissions --vhost \S+ (?<user>\S+) '(?<configure>[^']*)' '(?<write>[^']*)' '(?<read>[^']*)'$""", RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex RabbitMqRights();

    [GeneratedRegex("^redis-cli ACL (?<rule>SETUSER .*)$", RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex RedisRule();
}
