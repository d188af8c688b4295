# The service (docker build .) and the emulator (docker build --target emulator .).
# Nothing in the images needs a shell, so that RUNTIME can be one without, such as mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled.
ARG SDK=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME=mcr.microsoft.com/dotnet/aspnet:10.0

FROM ${SDK} AS build
WORKDIR /source
# What decides the packages comes first: a change of code does not fetch them again.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY contracts/*.csproj contracts/
COPY src/HubSpotMessaging.HubSpot/*.csproj src/HubSpotMessaging.HubSpot/
COPY src/HubSpotMessaging.Service/*.csproj src/HubSpotMessaging.Service/
COPY src/HubSpotMessaging.Emulator/*.csproj src/HubSpotMessaging.Emulator/
RUN dotnet restore src/HubSpotMessaging.Service && dotnet restore src/HubSpotMessaging.Emulator
COPY .editorconfig BannedSymbols.txt ./
COPY contracts contracts
COPY src src
# Without analyzers and documentation files: whether the code is in order is not for an image to say.
RUN for project in Service Emulator; do \
      dotnet publish src/HubSpotMessaging.$project --configuration Release --no-restore --output /app/$project \
        -p:UseAppHost=false -p:RunAnalyzers=false -p:GenerateDocumentationFile=false || exit 1; \
    done

FROM ${RUNTIME} AS emulator
WORKDIR /app
COPY --from=build /app/Emulator .
ENV ASPNETCORE_URLS=http://+:8080
EXPOSE 8080
USER $APP_UID
ENTRYPOINT ["dotnet", "HubSpotMessaging.Emulator.dll"]

FROM ${RUNTIME} AS service
WORKDIR /app
COPY --from=build /app/Service .
ENV ASPNETCORE_HTTP_PORTS=8080
EXPOSE 8080
USER $APP_UID
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s CMD ["dotnet", "HubSpotMessaging.Service.dll", "healthcheck"]
ENTRYPOINT ["dotnet", "HubSpotMessaging.Service.dll"]
