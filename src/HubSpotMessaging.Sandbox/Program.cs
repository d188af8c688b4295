using HubSpotMessaging.Sandbox;

return await SandboxRun.RunAsync(args);
