package dev.mooring.dataplane.local.kafka.broker;

import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.kafka.admin.AdminClients;
import dev.mooring.dataplane.local.kafka.cluster.BrokerSettings;
import dev.mooring.dataplane.local.kafka.cluster.KafkaFolder;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import dev.mooring.dataplane.local.kafka.cluster.UserCertificates;
import dev.mooring.home.Authorities;
import dev.mooring.home.MooringHome;
import dev.mooring.process.Handover;
import dev.mooring.process.ServerAccount;
import dev.mooring.process.kafka.BrokerFiles;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What lies in the folders of this machine's brokers: settings, certificates, who may come in. */
@ApplicationScoped
public class BrokerFolders {

    private static final String LOOPBACK = "127.0.0.1";

    private final MooringHome home;
    private final Authorities authorities;
    private final LocalClusters clusters;
    private final AdminClients admins;

    BrokerFolders(MooringHome home, Authorities authorities, LocalClusters clusters, AdminClients admins) {
        this.home = home;
        this.authorities = authorities;
        this.clusters = clusters;
        this.admins = admins;
    }

    KafkaFolder of(UUID id) {
        return KafkaFolder.of(home, id);
    }

    /** Makes the folders and writes every file of the brokers; who may come in first. */
    public void write(KafkaManifest manifest) throws IOException {
        makeFolders(of(manifest.id()), manifest.brokers(), clusters.account());
        writeSources(manifest, manifest.sources());
        writeAccess(manifest, manifest.access());
        writeEveryCertificate(manifest);
        for (KafkaManifest.Broker broker : manifest.brokers()) {
            writeSettings(manifest, broker);
        }
    }

    /** The same for brokers that are new to a cluster that serves: nothing of the others is touched. */
    public void write(KafkaManifest manifest, List<KafkaManifest.Broker> added, KafkaFolder folder) throws IOException {
        write(manifest, added, folder, clusters.account());
    }

    /** For brokers that serve nobody, under an account of their own, with Mooring's certificate for them. */
    void writeAside(KafkaManifest manifest, KafkaFolder folder, ServerAccount account) throws IOException {
        write(manifest, manifest.brokers(), folder, account);
        MooringHome.write(folder.root().resolve("ca.pem"), authorities(), "rw-r--r--");
        MooringHome.write(folder.admin(), issue(List.of(manifest.adminName()), true), "rw-------");
    }

    private void write(
            KafkaManifest manifest, List<KafkaManifest.Broker> added, KafkaFolder folder, ServerAccount account)
            throws IOException {
        makeFolders(folder, added, account);
        String certificate = issue(manifest.names(), false);
        String identity = issue(List.of(manifest.brokerName(), LOOPBACK), true);
        for (KafkaManifest.Broker broker : added) {
            BrokerFiles files = folder.broker(broker.id());
            Map<Path, String> contents = Map.of(
                    files.sources(), BrokerSettings.sources(manifest.sources()),
                    files.access(), BrokerSettings.access(manifest.access()),
                    files.authorities(), authorities(),
                    files.certificate(), certificate,
                    files.identity(), identity,
                    files.settings(), BrokerSettings.render(manifest, broker, files),
                    files.logging(), BrokerSettings.logging(files));
            for (Map.Entry<Path, String> content : contents.entrySet()) {
                Handover.file(content.getKey(), content.getValue(), account);
            }
        }
    }

    private static void makeFolders(KafkaFolder folder, List<KafkaManifest.Broker> of, ServerAccount account)
            throws IOException {
        Handover.passage(folder.root());
        for (KafkaManifest.Broker broker : of) {
            BrokerFiles files = folder.broker(broker.id());
            Handover.passage(files.root());
            Handover.folder(files.data(), account);
            Handover.folder(files.logs(), account);
        }
    }

    /** Whether a broker's file says something else than it should. */
    public boolean differ(KafkaManifest manifest) throws IOException {
        for (KafkaManifest.Broker broker : manifest.brokers()) {
            BrokerFiles files = of(manifest.id()).broker(broker.id());
            if (Files.notExists(files.settings())
                    || !Files.readString(files.settings()).equals(BrokerSettings.render(manifest, broker, files))) {
                return true;
            }
        }
        return false;
    }

    public boolean hasFiles(KafkaManifest manifest, KafkaManifest.Broker broker) {
        return Files.exists(of(manifest.id()).broker(broker.id()).settings());
    }

    /** @return whether they are others than there were */
    public boolean writeSettings(KafkaManifest manifest, KafkaManifest.Broker broker) throws IOException {
        BrokerFiles files = of(manifest.id()).broker(broker.id());
        String settings = BrokerSettings.render(manifest, broker, files);
        // In a folder that only Mooring changes.
        boolean others = Files.notExists(files.settings())
                || !Files.readString(files.settings()).equals(settings);
        file(files.settings(), settings);
        file(files.logging(), BrokerSettings.logging(files));
        return others;
    }

    public void writeSources(KafkaManifest manifest, @Nullable List<String> sources) throws IOException {
        for (BrokerFiles files : present(manifest)) {
            file(files.sources(), BrokerSettings.sources(sources));
        }
    }

    /** @param users by the fingerprints of their certificates */
    public void writeAccess(KafkaManifest manifest, Map<String, String> users) throws IOException {
        for (BrokerFiles files : present(manifest)) {
            file(files.access(), BrokerSettings.access(users));
        }
    }

    /** Without those whose folders are lost: they serve nobody, and who is shut out does not wait for them. */
    private List<BrokerFiles> present(KafkaManifest manifest) {
        return manifest.brokers().stream()
                .map(broker -> of(manifest.id()).broker(broker.id()))
                .filter(files -> Files.isDirectory(files.root()))
                .toList();
    }

    public UserCertificates userCertificates() {
        return new UserCertificates(authorities, clusters.vault());
    }

    /** The certificate that clients see. */
    public void writeCertificates(KafkaManifest manifest) throws IOException {
        String pem = issue(manifest.names(), false);
        for (BrokerFiles files : present(manifest)) {
            file(files.certificate(), pem);
        }
    }

    private void writeIdentities(KafkaManifest manifest) throws IOException {
        String pem = issue(List.of(manifest.brokerName(), LOOPBACK), true);
        for (BrokerFiles files : present(manifest)) {
            file(files.identity(), pem);
        }
        MooringHome.write(of(manifest.id()).admin(), issue(List.of(manifest.adminName()), true), "rw-------");
        // Asked again with the certificate that there is now.
        admins.close(manifest.id());
    }

    /** All of them, and those whom they believe. In force for each broker when it starts. */
    public void writeEveryCertificate(KafkaManifest manifest) throws IOException {
        writeAuthorities(manifest);
        writeCertificates(manifest);
        writeIdentities(manifest);
    }

    private void writeAuthorities(KafkaManifest manifest) throws IOException {
        KafkaFolder folder = of(manifest.id());
        String bundlePem = authorities();
        MooringHome.write(folder.root().resolve("ca.pem"), bundlePem, "rw-r--r--");
        for (BrokerFiles files : present(manifest)) {
            file(files.authorities(), bundlePem);
        }
    }

    private String authorities() throws IOException {
        try {
            return authorities.clusters().bundle();
        } catch (GeneralSecurityException e) {
            throw new IOException("the clusters' CA cannot be read", e);
        }
    }

    private String issue(List<String> names, boolean forPeers) throws IOException {
        try {
            return forPeers
                    ? authorities.clusters().issueForPeers(names)
                    : authorities.clusters().issue(names);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("cannot issue a certificate for " + names, e);
        }
    }

    private void file(Path file, String content) throws IOException {
        Handover.file(file, content, clusters.account());
    }
}
