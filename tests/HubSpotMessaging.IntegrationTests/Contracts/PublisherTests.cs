using System.Globalization;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.Publisher;
using HubSpotMessaging.Testing;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RabbitMQ.Client;

namespace HubSpotMessaging.IntegrationTests.Contracts;

/// <summary>Whoever publishes as the samples do reaches HubSpot, from any language, and hears of what does not.</summary>
public sealed class PublisherTests(SharedInstallation shared, Servers servers) : IClassFixture<SharedInstallation>
{
    private const string Node = "samples/publishers/node/publish.mjs";
    private const string Python = "samples/publishers/python/publish.py";

    public static TheoryData<string> Samples => [Node, Python];

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task A_publisher_in_another_language_reaches_HubSpot(string sample)
    {
        await using var installation = await shared.BeginAsync();
        var rabbitMq = installation.Settings["ConnectionStrings__RabbitMq"]!;

        var (exitCode, output) = await PublishAsync(
            sample, rabbitMq, "SyncContact", """{"commandId":"signup-4711","email":"zoe@example.com","properties":{"firstname":"Zoë","numemployees":42,"phone":null}}""");
        exitCode.ShouldBe(0, output);
        var synced = await installation.Bus.OutcomeAsync("ContactSynced", "signup-4711");
        output.ShouldContain($"Published {synced["messageId"]}");
        (TimeProvider.System.GetUtcNow() - DateTimeOffset.Parse((string)synced["occurredAt"]!, CultureInfo.InvariantCulture)).ShouldBeInRange(TimeSpan.Zero, TimeSpan.FromMinutes(1));
        installation.HubSpot.Contacts.ShouldHaveSingleItem().Properties["firstname"].ShouldBe("Zoë");

        (await PublishAsync(sample, rabbitMq, "EnrollInWorkflow", """{"commandId":"welcome-4711","email":"zoe@example.com","workflow":1001}""")).ExitCode.ShouldBe(0);
        await installation.Bus.OutcomeAsync("ContactEnrolledInWorkflow", "welcome-4711");
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task A_publisher_is_told_when_there_is_nobody_to_take_its_command(string sample)
    {
        await using var installation = await shared.BeginAsync(); // Before another virtual host is made.
        var rabbitMq = await servers.FreshVirtualHostAsync();

        var nowhere = await PublishAsync(sample, rabbitMq, "SyncContact", """{"email":"ada@example.com"}""");
        await using (var connection = await new ConnectionFactory { Uri = new(rabbitMq) }.CreateConnectionAsync())
        await using (var channel = await connection.CreateChannelAsync())
            await channel.ExchangeDeclareAsync("HubSpotMessaging.Contracts:SyncContact", ExchangeType.Fanout, durable: true);
        var unbound = await PublishAsync(sample, rabbitMq, "SyncContact", """{"email":"ada@example.com"}""");

        foreach (var (exitCode, output) in new[] { nowhere, unbound })
        {
            exitCode.ShouldBe(1, output);
            output.ShouldContain("Not published: ");
        }
    }

    [Fact]
    public async Task The_program_in_README_publishes_and_ends_with_an_error_when_there_is_nobody_to_take_its_command()
    {
        await using var installation = await shared.BeginAsync(); // Before another virtual host is made.
        var folder = Path.GetDirectoryName(Repository.Find(Node))!;
        var program = MarkdownFile.All().Single(document => document.Path == "README.md").Snippets("js").ShouldHaveSingleItem();
        var unbound = await servers.FreshVirtualHostAsync();
        await using (var connection = await new ConnectionFactory { Uri = new(unbound) }.CreateConnectionAsync())
        await using (var channel = await connection.CreateChannelAsync())
            await channel.ExchangeDeclareAsync("HubSpotMessaging.Contracts:SyncContact", ExchangeType.Fanout, durable: true);

        var (exitCode, output) = await PublishAsync(installation.Settings["ConnectionStrings__RabbitMq"]!);
        exitCode.ShouldBe(0, output);
        await installation.Bus.OutcomeAsync("ContactSynced", "signup-4711");
        (exitCode, output) = await PublishAsync(unbound);
        exitCode.ShouldBe(1, output);
        output.ShouldContain("There is no queue for it yet");

        Task<(int ExitCode, string Output)> PublishAsync(string rabbitMq)
        {
            const string Address = "amqp://hubspot:hubspot@localhost:5672";
            program.ShouldContain(Address);
            return Programs.EvaluateNodeAsync(program.Replace(Address, rabbitMq, StringComparison.Ordinal), folder);
        }
    }

    [Fact]
    public async Task A_subscriber_in_another_language_hears_what_became_of_each_command_and_why_it_was_refused()
    {
        await using var installation = await shared.BeginAsync();
        await using var subscriber = await Programs.StartNodeAsync(
            Repository.Find("samples/publishers/node/subscribe.mjs"), installation.Settings["ConnectionStrings__RabbitMq"]!);
        await HeardAsync("Listening");

        await installation.Bus.PublishAsync("SyncContact", """{"commandId":"good","email":"ada@example.com"}""");
        await installation.Bus.PublishAsync("SyncContact", """{"commandId":"bad","email":"ada@example.com","properties":{"favorite_food":"burger"}}""");

        await HeardAsync("good done: ContactSynced");
        await HeardAsync("bad rejected: VALIDATION_ERROR favorite_food");
        await installation.Bus.DeadLetterAsync("hubspot-sync-contact");

        Task HeardAsync(string text) => subscriber.WaitForLineAsync(line => line == text, TimeSpan.FromSeconds(30), CancellationToken.None);
    }

    [Fact]
    public async Task A_publisher_in_NET_publishes_over_the_bus_of_its_application_and_may_ask()
    {
        await using var installation = await shared.BeginAsync();
        using var application = await ApplicationAsync(installation.Settings["ConnectionStrings__RabbitMq"]!);
        await using var scope = application.Services.CreateAsyncScope();
        var publisher = scope.ServiceProvider.GetRequiredService<IHubSpotPublisher>();

        await publisher.PublishAsync(new SyncContact { CommandId = "one", Email = "ada@example.com" });
        await installation.Bus.OutcomeAsync("ContactSynced", "one");
        await publisher.PublishAsync(new EnrollInWorkflow { CommandId = "two", Email = "ada@example.com", Workflow = "welcome" });
        await installation.Bus.OutcomeAsync("ContactEnrolledInWorkflow", "two");
        await publisher.PublishBulkAsync(new SyncContact { CommandId = "three", Email = "bob@example.com" });
        await installation.Bus.OutcomeAsync("ContactSynced", "three");
        Response answer = await scope.ServiceProvider.GetRequiredService<IRequestClient<SyncContact>>()
            .GetResponse<ContactSynced, CommandRejected>(new SyncContact { CommandId = "four", Email = "ada@example.com" });
        answer.Message.ShouldBeOfType<ContactSynced>().CommandId.ShouldBe("four");

        await application.StopAsync();
    }

    [Fact]
    public async Task A_publisher_in_NET_is_told_of_a_bad_command_and_of_a_queue_that_is_not_there()
    {
        await using var installation = await shared.BeginAsync(); // Before another virtual host is made.
        using var application = await ApplicationAsync(await servers.FreshVirtualHostAsync());
        await using var scope = application.Services.CreateAsyncScope();
        var publisher = scope.ServiceProvider.GetRequiredService<IHubSpotPublisher>();

        (await Should.ThrowAsync<ArgumentException>(publisher.PublishAsync(new SyncContact { Email = "nobody" }))).Message
            .ShouldStartWith("This SyncContact would be rejected: email is not an e-mail address.");
        (await Should.ThrowAsync<ArgumentException>(publisher.PublishBulkAsync(new SyncContact { Email = "", CommandId = " " }))).Message
            .ShouldContain("commandId is blank");
        (await Should.ThrowAsync<ArgumentException>(publisher.PublishAsync(new EnrollInWorkflow { Email = "ada@example.com", Workflow = "welcome" }))).Message
            .ShouldContain("commandId is missing");
        await Should.ThrowAsync<ArgumentNullException>(publisher.PublishAsync(null!));

        await Should.ThrowAsync<MessageReturnedException>(publisher.PublishAsync(new SyncContact { Email = "ada@example.com" }));
        await Should.ThrowAsync<MessageReturnedException>(publisher.PublishBulkAsync(new SyncContact { Email = "ada@example.com" }));

        await application.StopAsync();
    }

    private static Task<(int ExitCode, string Output)> PublishAsync(string sample, string rabbitMq, string type, string command) =>
        sample == Node ? Programs.NodeAsync(Repository.Find(sample), [type, command], rabbitMq) : Programs.PythonAsync(Repository.Find(sample), [type, command], rabbitMq);

    /// <summary>One that publishes, as the README of the package shows.</summary>
    internal static async Task<IHost> ApplicationAsync(string rabbitMq)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddMassTransit(bus => bus.UsingRabbitMq((_, rabbit) =>
        {
            rabbit.Host(new Uri(rabbitMq));
            rabbit.Publish<IHubSpotCommand>(topology => topology.Exclude = true);
        }));
        builder.Services.Configure<MassTransitHostOptions>(options => options.WaitUntilStarted = true);
        builder.Services.AddHubSpotMessagingPublisher();
        var application = builder.Build();
        await application.StartAsync();
        return application;
    }
}
