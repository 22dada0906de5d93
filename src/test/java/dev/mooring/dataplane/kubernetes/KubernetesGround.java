package dev.mooring.dataplane.kubernetes;

import dev.mooring.dataplane.archive.ArchiveStore;
import dev.mooring.support.Relay;
import dev.mooring.support.S3Server;
import io.fabric8.kubernetes.client.Config;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.junit.QuarkusTestProfile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A Mooring whose clusters run on Kubernetes, and the API server that it is told of: behind a proxy, and a relay, which can be shut. */
public class KubernetesGround implements QuarkusTestResourceLifecycleManager {

    static ApiServer server;
    static ApiProxy proxy;
    static Relay relay;

    /** For tests of this plane. */
    public static class Profile implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("mooring.dataplane", "kubernetes", "mooring.kubernetes.patience", "3s");
        }

        @Override
        public List<TestResourceEntry> testResources() {
            return List.of(new TestResourceEntry(KubernetesGround.class));
        }
    }

    /** The same with an archive. */
    public static class ArchiveProfile extends Profile {
        @Override
        public List<TestResourceEntry> testResources() {
            return List.of(new TestResourceEntry(KubernetesGround.class), new TestResourceEntry(Storage.class));
        }
    }

    /** A storage that speaks S3, for the archives of clusters. */
    public static class Storage implements QuarkusTestResourceLifecycleManager {

        private static S3Server storage;

        static ArchiveStore store() {
            return storage.store();
        }

        @Override
        public Map<String, String> start() {
            try {
                storage = new S3Server();
                Map<String, String> settings = new TreeMap<>();
                storage.settings()
                        .forEach((name, value) -> settings.put(
                                name.toLowerCase(Locale.ROOT)
                                        .replace("mooring_archive_s3_", "mooring.archive.s3.")
                                        .replace('_', '-'),
                                value));
                return settings;
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void stop() {
            try {
                if (storage != null) {
                    storage.close();
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    @Override
    public Map<String, String> start() {
        try {
            server = ApiServer.start();
            proxy = new ApiProxy(server.port());
            relay = new Relay(proxy.port());
            relay.open();
            Path file = Files.createTempFile("kubeconfig", ".yaml");
            Files.writeString(file, """
                    apiVersion: v1
                    kind: Config
                    current-context: test
                    contexts: [{name: test, context: {cluster: test, user: test}}]
                    clusters: [{name: test, cluster: {server: "http://127.0.0.1:%d"}}]
                    users: [{name: test, user: {token: any}}]
                    """.formatted(relay.port()));
            file.toFile().deleteOnExit();
            System.setProperty(Config.KUBERNETES_KUBECONFIG_FILE, file.toString());
            return Map.of();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void stop() {
        System.clearProperty(Config.KUBERNETES_KUBECONFIG_FILE);
        try {
            if (server != null) {
                relay.close();
                proxy.close();
                server.close();
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
