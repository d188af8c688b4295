using System.CommandLine;
using System.Text.Json.Nodes;
using HubSpotMessaging.Service.Health;

namespace HubSpotMessaging.Service.Operators.CommandLine;

/// <summary><c>dotnet HubSpotMessaging.Service.dll operator ...</c>: what operators do, from a terminal, by a service that runs.</summary>
internal static class OperatorCommand
{
    public const string Name = "operator";

    private const int Failed = 1;
    private const int WrongInput = 2;

    private static readonly Option<Uri?> Url = new("--url") { Description = "Where the service answers. Default: where ASPNETCORE_URLS lets it listen on this machine.", Recursive = true };
    private static readonly Option<string?> Key = new("--key") { Description = "The operator key. Default: the environment variable Operator__Key.", Recursive = true };
    private static readonly Option<string?> Who = new("--name") { Description = "Your name, for the trail. Default: the user's.", Recursive = true };
    private static readonly Option<bool> Json = new("--json") { Description = "Writes what the service answers, as JSON.", Recursive = true };

    private static readonly Option<string?> Command = new("--command") { Description = "SyncContact, EnrollInWorkflow or PostTimelineEvent." };
    private static readonly Option<string?> Category = new("--category") { Description = "HubSpot's category, or one of the service's." };
    private static readonly Option<string?> Property = new("--property") { Description = "A property that something is wrong with." };
    private static readonly Option<string?> Workflow = new("--workflow") { Description = "The workflow." };
    private static readonly Option<string?> Group = new("--group") { Description = "The id of a group." };
    private static readonly Option<bool> All = new("--all") { Description = "All dead letters." };
    private static readonly Argument<string[]> Ids = new("ids") { Description = "The ids of dead letters.", Arity = ArgumentArity.ZeroOrMore };

    private static readonly Option<string?> Note = new("--note") { Description = "Why, for other operators." };
    private static readonly Option<bool> Groups = new("--groups") { Description = "Counts those that are alike." };
    private static readonly Option<bool> Reveal = new("--reveal") { Description = "Shows personal data, which the trail tells." };
    private static readonly Option<int?> Limit = new("--limit") { Description = "How many at most. Default 20." };
    private static readonly Option<string?> After = new("--after") { Description = "Continues behind this id." };
    private static readonly Option<int?> Count = new("--count") { Description = "How many at most. Default 20." };
    private static readonly Option<string?> Reason = new("--reason") { Description = "Why, for the trail.", Required = true };

    private static readonly Option<string[]> Set = new("--set") { Description = "Corrects a property: name=value; name= clears it." };
    private static readonly Option<string[]> SetToken = new("--set-token") { Description = "Corrects a token of a timeline event: name=value." };
    private static readonly Option<string[]> Remove = new("--remove") { Description = "Does not send this property, or token." };
    private static readonly Option<string?> SetEmail = new("--set-email") { Description = "Corrects the contact's address." };
    private static readonly Option<string?> SetWorkflow = new("--set-workflow") { Description = "Corrects the workflow." };
    private static readonly Option<string?> SetEventType = new("--set-event-type") { Description = "Corrects the event type." };
    private static readonly Option<bool> TrueNow = new("--true-now") { Description = "It is true since now, not since it was published." };
    private static readonly Option<bool> Confirm = new("--confirm") { Description = "Also what HubSpot has something newer of." };

    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("What operators do, by a service that runs.") { Url, Key, Who, Json };
        root.Add(Of("status", "How everything stands.", [], (_, client, stop) => client.GetAsync("status", stop), OperatorText.Status));
        root.Add(Of("pause", "Lets commands wait until they are resumed.", [Command, Note], (parsed, client, stop) =>
            client.PostAsync("pause", new() { ["command"] = parsed.GetValue(Command), ["note"] = parsed.GetValue(Note) }, stop), OperatorText.Reasons));
        root.Add(Of("resume", "Ends what operators have paused, and pauses for a rejection that came again and again.", [Command], (parsed, client, stop) =>
            client.PostAsync("resume", new() { ["command"] = parsed.GetValue(Command) }, stop), OperatorText.Reasons));
        root.Add(Of("dead-letters", "Lists dead letters, or shows one.", [Ids, .. Filters, Groups, Reveal, Limit, After], ReadAsync, OperatorText.DeadLetters));
        root.Add(Of("replay", "Sends dead letters again, corrected if need be.", [Ids, .. Filters, All, .. Corrections, Confirm], ReplayAsync, OperatorText.Result));
        root.Add(Of("discard", "Throws dead letters away for good.", [Ids, .. Filters, All, Reason], DiscardAsync, OperatorText.Result));
        root.Add(Of("trail", "What operators have done.", [Count], (parsed, client, stop) => client.GetAsync($"trail?count={parsed.GetValue(Count) ?? 20}", stop), OperatorText.Trail));
        root.Add(Of("revoke", "Gives the grant back to HubSpot.", [], (_, client, stop) => client.PostAsync("revoke", [], stop), OperatorText.Revoked));

        var result = root.Parse(args);
        if (result.Errors.Count == 0)
            return await result.InvokeAsync();

        foreach (var error in result.Errors)
            await Console.Error.WriteLineAsync(error.Message);
        await Console.Error.WriteLineAsync("--help tells what there is.");
        return WrongInput;
    }

    private static IEnumerable<Symbol> Filters => [Command, Category, Property, Workflow, Group];

    private static IEnumerable<Symbol> Corrections => [Set, SetToken, Remove, SetEmail, SetWorkflow, SetEventType, TrueNow];

    private static Command Of(
        string name,
        string description,
        IEnumerable<Symbol> symbols,
        Func<ParseResult, OperatorClient, CancellationToken, Task<JsonNode>> askAsync,
        Func<JsonNode, string> words)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Option option)
                command.Add(option);
            else
                command.Add((Argument)symbol);
        }

        command.SetAction(async (parsed, stop) =>
        {
            try
            {
                using var client = new OperatorClient(
                    parsed.GetValue(Url) ?? HealthCheckCommand.Address(new ConfigurationBuilder().AddEnvironmentVariables("ASPNETCORE_").Build()),
                    parsed.GetValue(Key) ?? Environment.GetEnvironmentVariable("Operator__Key"),
                    parsed.GetValue(Who) ?? Environment.UserName);
                var answer = await askAsync(parsed, client, stop);
                Console.WriteLine(parsed.GetValue(Json) ? answer.ToJsonString(OperatorText.Readable) : words(answer));
                return (int?)answer.AsObjectOrNull()?["failed"] > 0 ? Failed : 0;
            }
            catch (OperatorException exception)
            {
                if (parsed.GetValue(Json) && exception.Answer is { } answer)
                    Console.WriteLine(answer.ToJsonString(OperatorText.Readable));
                await Console.Error.WriteLineAsync(exception.Message + OperatorText.Outdated(exception.Answer));
                return Failed;
            }
        });
        return command;
    }

    private static Task<JsonNode> ReadAsync(ParseResult parsed, OperatorClient client, CancellationToken stop)
    {
        var reveal = parsed.GetValue(Reveal) ? "reveal=true" : "";
        if (parsed.GetValue(Ids) is { Length: > 0 } ids)
            return ids.Length == 1 ? client.GetAsync($"dead-letters/{Uri.EscapeDataString(ids[0])}?{reveal}", stop) : throw new OperatorException("One id at a time is shown.");
        if (parsed.GetValue(Groups))
            return client.GetAsync("dead-letters/groups", stop);

        var query = FilterOf(parsed).Append(KeyValuePair.Create("after", (JsonNode?)parsed.GetValue(After)))
            .Where(part => part.Value is not null).Select(part => $"{part.Key}={Uri.EscapeDataString((string)part.Value!)}");
        return client.GetAsync($"dead-letters?limit={parsed.GetValue(Limit) ?? 20}&{string.Join('&', query)}&{reveal}", stop);
    }

    private static Task<JsonNode> ReplayAsync(ParseResult parsed, OperatorClient client, CancellationToken stop)
    {
        var request = SelectionOf(parsed);
        request["confirm"] = parsed.GetValue(Confirm);
        var correction = new JsonObject();
        if (Pairs(parsed.GetValue(Set)) is { } properties)
            correction["properties"] = properties;
        if (Pairs(parsed.GetValue(SetToken)) is { } tokens)
            correction["tokens"] = tokens;
        if (parsed.GetValue(Remove) is { Length: > 0 } removed)
            correction["remove"] = new JsonArray([.. removed]);
        foreach (var (field, option) in ((string, Option<string?>)[])[("email", SetEmail), ("workflow", SetWorkflow), ("eventType", SetEventType)])
            if (parsed.GetValue(option) is { } value)
                correction[field] = value;
        if (parsed.GetValue(TrueNow))
            correction["trueNow"] = true;
        if (correction.Count == 0)
            return client.PostAsync("dead-letters/replay", request, stop);

        request["correction"] = correction;
        return client.PostAsync("dead-letters/correct", request, stop);
    }

    private static Task<JsonNode> DiscardAsync(ParseResult parsed, OperatorClient client, CancellationToken stop)
    {
        var request = SelectionOf(parsed);
        request["reason"] = parsed.GetValue(Reason);
        return client.PostAsync("dead-letters/discard", request, stop);
    }

    private static JsonObject SelectionOf(ParseResult parsed)
    {
        var request = new JsonObject();
        if (parsed.GetValue(Ids) is { Length: > 0 } ids)
            request["ids"] = new JsonArray([.. ids]);
        var filter = new JsonObject(FilterOf(parsed).Where(part => part.Value is not null));
        if (filter.Count > 0)
            request["filter"] = filter;
        if (parsed.GetValue(All))
            request["all"] = true;
        return request.Count == 1 ? request : throw new OperatorException("Ids, or a filter such as --group, or --all say which dead letters are meant.");
    }

    private static IEnumerable<KeyValuePair<string, JsonNode?>> FilterOf(ParseResult parsed) =>
    [
        new("command", parsed.GetValue(Command)), new("category", parsed.GetValue(Category)), new("property", parsed.GetValue(Property)),
        new("workflow", parsed.GetValue(Workflow)), new("group", parsed.GetValue(Group)),
    ];

    private static JsonObject? Pairs(string[]? pairs) => pairs is not { Length: > 0 } ? null : new(pairs.Select(pair =>
        pair.IndexOf('=', StringComparison.Ordinal) is > 0 and var at
            ? KeyValuePair.Create(pair[..at], (JsonNode?)pair[(at + 1)..])
            : throw new OperatorException($"{pair} is not name=value.")));
}
