namespace HubSpotMessaging.Testing;

/// <summary>The source tree that the running tests were built from.</summary>
public static class Repository
{
    /// <summary>The full path of one of its files.</summary>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    public static string Find(string path)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (Path.Combine(folder.FullName, path) is var file && File.Exists(file))
                return file;
        throw new FileNotFoundException($"{path} is not there.", path);
    }
}
