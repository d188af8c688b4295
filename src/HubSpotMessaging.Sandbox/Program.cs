using HubSpotMessaging.Sandbox;

return await SandboxCommand.RunAsync(args);
