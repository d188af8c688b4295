using System.Text.RegularExpressions;
using HubSpotMessaging.Testing;
using HubSpotMessaging.Testing.Processes;
using HubSpotMessaging.Testing.Servers;
using k8s;
using k8s.Models;

namespace HubSpotMessaging.IntegrationTests.Deployment;

/// <summary>What docs/deployment.md promises of deploy/kubernetes, as far as it shows without a cluster.</summary>
public sealed partial class KubernetesTests
{
    private const string Name = "hubspot-messaging";

    [Fact]
    public async Task The_example_for_Kubernetes_renders_to_pods_that_may_do_nothing_but_their_work()
    {
        var folder = Copy();
        try
        {
            var objects = await RenderAsync(folder);

            var deployment = objects.OfType<V1Deployment>().ShouldHaveSingleItem();
            deployment.Spec.Replicas.ShouldBe(2);
            var pod = deployment.Spec.Template.Spec;
            pod.AutomountServiceAccountToken.ShouldBe(false);
            (pod.SecurityContext.RunAsNonRoot, pod.SecurityContext.RunAsUser, pod.SecurityContext.SeccompProfile.Type).ShouldBe((true, 1654, "RuntimeDefault"));
            pod.TerminationGracePeriodSeconds!.Value.ShouldBeGreaterThanOrEqualTo((2 * 30) + 15 + 5);
            var container = pod.Containers.ShouldHaveSingleItem();
            (container.SecurityContext.ReadOnlyRootFilesystem, container.SecurityContext.AllowPrivilegeEscalation).ShouldBe((true, false));
            container.SecurityContext.Capabilities.Drop.ShouldBe(["ALL"]);
            container.SecurityContext.Capabilities.Add.ShouldBeNull();
            container.Image.ShouldEndWith($":{Version().Match(await File.ReadAllTextAsync(Repository.Find("Directory.Build.props"))).Groups["version"].Value}");
            container.StartupProbe.HttpGet.Path.ShouldBe("/health/ready");
            (container.ReadinessProbe.HttpGet.Path, container.LivenessProbe.HttpGet.Path).ShouldBe(("/health/live", "/health/live"));

            // Everything means the same pods, and the pods the settings that were made.
            var labels = deployment.Spec.Template.Metadata.Labels;
            objects.OfType<V1Service>().Single().Spec.Selector.ShouldBeSubsetOf(labels);
            objects.OfType<V1PodDisruptionBudget>().Single().Spec.Selector.MatchLabels.ShouldBeSubsetOf(labels);
            var network = objects.OfType<V1NetworkPolicy>().Single().Spec;
            network.PodSelector.MatchLabels.ShouldBeSubsetOf(labels);
            network.Ingress.ShouldHaveSingleItem().FromProperty.ShouldAllBe(peer => peer.NamespaceSelector.MatchLabels.Count == 1);
            container.EnvFrom[0].ConfigMapRef.Name.ShouldBe(objects.OfType<V1ConfigMap>().Single().Metadata.Name);
            container.EnvFrom[1].SecretRef.Name.ShouldBe(objects.OfType<V1Secret>().Single().Metadata.Name);

            var paths = objects.OfType<V1Ingress>().Single().Spec.Rules.Single().Http.Paths;
            paths.Select(path => path.Path).ShouldBe(["/", "/oauth", "/console", "/api/operator"]);
            paths[0].PathType.ShouldBe("Exact"); // Else it would be all of them.
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task The_components_for_Kubernetes_add_an_authority_and_a_monitor_and_leave_the_number_of_pods_to_the_scaler()
    {
        var folder = Copy();
        try
        {
            await EditAsync(Path.Combine(folder, "example", "kustomization.yaml"), "  # - ", "  - "); // What is proposed there.
            await EditAsync(Path.Combine(folder, "base", "deployment.yaml"), "          envFrom:", "          env: [{ name: TZ, value: UTC }]\n          envFrom:"); // As somebody else's component might.
            using var authority = new CertificateAuthority("Ours");
            await File.WriteAllTextAsync(Path.Combine(folder, "example", "ca.crt"), authority.Pem);

            var objects = await RenderAsync(folder);

            var deployment = objects.OfType<V1Deployment>().ShouldHaveSingleItem();
            deployment.Spec.Replicas.ShouldBeNull();
            var pod = deployment.Spec.Template.Spec;
            pod.Containers[0].Env.Select(variable => variable.Name).ShouldBe(["SSL_CERT_FILE", "TZ"], ignoreOrder: true);
            var variable = pod.Containers[0].Env.Single(variable => variable.Name == "SSL_CERT_FILE");
            var mount = pod.Containers[0].VolumeMounts.Single(mount => variable.Value == $"{mount.MountPath}/ca.crt");
            var map = pod.Volumes.Single(volume => volume.Name == mount.Name).ConfigMap.Name;
            objects.OfType<V1ConfigMap>().Single(item => item.Metadata.Name == map).Data["ca.crt"].Trim().ShouldBe(authority.Pem);
            objects.OfType<ScaledObject>().ShouldHaveSingleItem().Spec["scaleTargetRef"].ShouldBeAssignableTo<IDictionary<object, object>>()!["name"].ShouldBe(Name);

            // Prometheus scrapes the pods once, as the job that it is called everywhere.
            var monitor = objects.OfType<PodMonitor>().ShouldHaveSingleItem().Spec;
            var labels = deployment.Spec.Template.Metadata.Labels;
            monitor.Selector.MatchLabels.ShouldBeSubsetOf(labels);
            labels[monitor.JobLabel].ShouldBe(Name);
            monitor.PodMetricsEndpoints.ShouldHaveSingleItem()["path"].ShouldBe("/metrics");
            pod.Containers[0].Ports.ShouldContain(port => port.Name == monitor.PodMetricsEndpoints[0]["port"]);
            deployment.Spec.Template.Metadata.Annotations.ShouldBeEmpty();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Copy()
    {
        var source = Path.GetDirectoryName(Path.GetDirectoryName(Repository.Find("deploy/kubernetes/base/kustomization.yaml")))!;
        var folder = Directory.CreateTempSubdirectory("hubspot-messaging-").FullName;
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "secrets.env"))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return folder;
    }

    private static async Task EditAsync(string file, string old, string @new)
    {
        var text = await File.ReadAllTextAsync(file);
        text.ShouldContain(old);
        await File.WriteAllTextAsync(file, text.Replace(old, @new, StringComparison.Ordinal));
    }

    /// <summary>As Kubernetes would take it: a field that it does not know is an error.</summary>
    private static async Task<IReadOnlyList<object>> RenderAsync(string folder)
    {
        var kubectl = LocalProcess.Find("kubectl");
        Assert.SkipUnless(kubectl is not null, "kubectl is not installed.");
        await using var process = ChildProcess.Start(kubectl!, ["kustomize", "example"], ChildProcess.EnvironmentWithout(), folder);
        var code = await process.Exited.WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System);
        code.ShouldBe(0, process.Output.ToString());
        var others = new Dictionary<string, Type>
        {
            ["keda.sh/v1alpha1/ScaledObject"] = typeof(ScaledObject),
            ["monitoring.coreos.com/v1/PodMonitor"] = typeof(PodMonitor),
        };
        return KubernetesYaml.LoadAllFromString(process.Output.ToString(), others, strict: true);
    }

    /// <summary>KEDA's, as far as it matters here.</summary>
    public sealed class ScaledObject
    {
        public string? ApiVersion { get; set; }

        public string? Kind { get; set; }

        public V1ObjectMeta? Metadata { get; set; }

        public Dictionary<string, object> Spec { get; set; } = [];
    }

    /// <summary>That of Prometheus' operator, as far as it matters here.</summary>
    public sealed class PodMonitor
    {
        public string? ApiVersion { get; set; }

        public string? Kind { get; set; }

        public V1ObjectMeta? Metadata { get; set; }

        public PodMonitorSpec Spec { get; set; } = new();
    }

    public sealed class PodMonitorSpec
    {
        public string JobLabel { get; set; } = "";

        public V1LabelSelector Selector { get; set; } = new();

        public IList<Dictionary<string, string>> PodMetricsEndpoints { get; set; } = [];
    }

    [GeneratedRegex("<VersionPrefix>(?<version>[^<]+)</VersionPrefix>", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Version();
}
