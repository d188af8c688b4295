using HubSpotMessaging.Contracts;
using HubSpotMessaging.Emulator;
using MassTransit;
using Microsoft.Extensions.Hosting;
using Fault = HubSpotMessaging.Emulator.Fault;

#pragma warning disable RS0030 // Publishers have clocks of their own.

namespace HubSpotMessaging.IntegrationTests;

/// <summary>
/// The C# of the documents, so that the compiler reads it, too: <see cref="DocumentationTests"/> looks for each snippet here, and fails for one
/// that is not. A comment parts a snippet.
/// </summary>
internal static class DocumentationSnippets
{
    /// <summary>README.md.</summary>
    public static async Task PublishAsync(IHostApplicationBuilder builder, IBus bus)
    {
        builder.Services.AddMassTransit(bus => bus.UsingRabbitMq((_, rabbit) =>
            rabbit.Host(new Uri("amqp://hubspot:hubspot@localhost:5672"))));

        // ... in a service that is given an IPublishEndpoint or the IBus:
        await bus.Publish(new SyncContact
        {
            CommandId = "signup-4711",
            OccurredAt = DateTimeOffset.UtcNow,
            Email = "ada@example.com",
            Properties = new Dictionary<string, string?> { ["firstname"] = "Ada", ["phone"] = null },
        });
    }

    /// <summary>The emulator's README.md.</summary>
    public static async Task EmulateAsync(TimeProvider clock)
    {
        await using var hubSpot = await EmulatorServer.StartAsync(new EmulatorOptions { TimeProvider = clock });
        hubSpot.Faults.Add(new Fault { Kind = FaultKind.AnswerLost, Times = 1, Match = new FaultMatch { Path = "*/batch/upsert" } });
        // ... let the client work against hubSpot.BaseAddress ...
        hubSpot.Contacts.ShouldHaveSingleItem().Properties["city"].ShouldBe("Dublin");
    }
}
