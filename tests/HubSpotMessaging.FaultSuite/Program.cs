using HubSpotMessaging.FaultSuite;

return await FaultCommand.RunAsync(args);
