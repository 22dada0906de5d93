package dev.mooring.dataplane.local.cluster;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.local.member.ServiceRole;
import dev.mooring.dataplane.local.postgres.BackupVerifier;
import dev.mooring.dataplane.local.postgres.DataTemplate;
import dev.mooring.dataplane.local.postgres.SpareData;
import dev.mooring.home.Authorities;
import dev.mooring.home.BrokenFiles;
import dev.mooring.home.MooringHome;
import dev.mooring.home.Vault;
import dev.mooring.process.Handover;
import dev.mooring.process.ServerAccount;
import dev.mooring.process.postgres.Engine;
import dev.mooring.process.postgres.Engines;
import dev.mooring.process.postgres.Postmaster;
import dev.mooring.process.postgres.session.SuperuserConnection;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The clusters of this machine as files and processes. What programs share. */
@ApplicationScoped
public class LocalClusters {

    /** How rows and settings call the plane of this machine. */
    public static final String PLANE = "local";

    private static final Logger LOG = Logger.getLogger(LocalClusters.class);
    private static final String CHANGING = "changing";
    private static final int LONGEST_FILE = 1 << 20;

    private final MooringHome home;
    private final Vault vault;
    private final Authorities authorities;
    private final LocalSettings settings;
    private final ServerAccount account;
    private final Engines engines;
    private final DataTemplate template;
    private final SpareData spares;
    private final Supervisor supervisor;
    private volatile @Nullable BackupVerifier backupVerifier;
    private final BrokenFiles broken = new BrokenFiles();

    public LocalClusters(
            MooringHome home,
            Vault vault,
            Authorities authorities,
            LocalSettings settings,
            Engines engines,
            Supervisor supervisor) {
        this.home = home;
        this.vault = vault;
        this.authorities = authorities;
        this.settings = settings;
        this.account = ServerAccount.choose(settings.user().orElse(null));
        this.engines = engines;
        this.template = new DataTemplate(home, vault, account);
        this.spares = new SpareData(settings.spares());
        this.supervisor = supervisor;
    }

    public MooringHome home() {
        return home;
    }

    public Engines engines() {
        return engines;
    }

    /** Found once, from the first time that it is asked for. */
    public BackupVerifier backupVerifier() throws IOException, InterruptedException {
        BackupVerifier found = backupVerifier;
        if (found == null) {
            found = BackupVerifier.find(account);
            backupVerifier = found;
        }
        return found;
    }

    public DataTemplate template() {
        return template;
    }

    public SpareData spares() {
        return spares;
    }

    public ServerAccount account() {
        return account;
    }

    public Supervisor supervisor() {
        return supervisor;
    }

    public Vault vault() {
        return vault;
    }

    public String bind() {
        return settings.bind();
    }

    public ClusterFolder folder(UUID cluster) {
        return ClusterFolder.of(home, cluster);
    }

    /** Whether something is being done to the cluster's server that only who does it can finish. */
    public static boolean changing(ClusterFolder folder) {
        return Files.exists(folder.root().resolve(CHANGING));
    }

    /** Told to whoever may look after the cluster when this process dies; see {@link #changing}. */
    public void beginChange(ClusterFolder folder) {
        if (Files.isDirectory(folder.root())) {
            try {
                Files.write(folder.root().resolve(CHANGING), new byte[0]);
            } catch (IOException e) {
                // On a full disk, too, what makes room must go on.
                LOG.warnf("nobody is told that cluster %s is being changed: %s", folder.id(), e.getMessage());
            }
        }
    }

    public void endChange(ClusterFolder folder) throws IOException {
        Files.deleteIfExists(folder.root().resolve(CHANGING));
    }

    /** What of this machine's clusters cannot be taken up. */
    public BrokenFiles broken() {
        return broken;
    }

    /** The folders of all clusters that have files here; what else lies there, such as {@code lost+found}, is nobody's. */
    public List<ClusterFolder> folders() {
        try (var children = Files.list(home.clusters())) {
            List<ClusterFolder> folders = children.filter(MooringHome::isId)
                    .map(child -> folder(UUID.fromString(child.getFileName().toString())))
                    .toList();
            broken.mended(home.clusters());
            return folders;
        } catch (IOException | UncheckedIOException e) {
            LOG.errorf(e, "%s cannot be read: no cluster in it is looked after", home.clusters());
            broken.add(home.clusters(), e);
            return List.of();
        }
    }

    /** The folders that a data directory is put into. The outer one stays Mooring's: nothing else replaces what is in it. */
    public void makeFolders(ClusterFolder folder) throws IOException {
        Handover.passage(folder.root());
        Handover.folder(folder.log(), account);
    }

    /** Folders of a version that gave them to the servers' account as a whole. */
    public void reclaimFolders(ClusterFolder folder) throws IOException {
        Handover.reclaim(folder.root(), account);
        for (String side : List.of("next", ClusterFolder.PREVIOUS)) {
            Handover.reclaim(folder.side(side).root(), account);
        }
    }

    /** Where programs that run under the servers' account leave their files. */
    public Path scratch(ClusterFolder folder) throws IOException {
        Path scratch = folder.root().resolve("scratch");
        Handover.folder(scratch, account);
        return scratch;
    }

    /** A data directory with an identity of its own; complete when it takes its name. */
    public void copyTemplate(DataTemplate.Ready template, ClusterFolder folder)
            throws IOException, InterruptedException {
        spares.put(template, folder.data(), folder.partialData());
    }

    public Postmaster postmaster(ClusterFolder folder, Engine engine) {
        return new Postmaster(engine, folder.data(), folder.startLog(), account);
    }

    public Postmaster postmaster(ClusterFolder folder, ClusterFolder.Manifest manifest) throws IOException {
        return postmaster(folder, engines.engine(manifest.major(), manifest.version()));
    }

    /** Writes a file into the data directory, whole or not at all, readable by the server only. */
    public void writeData(ClusterFolder folder, String name, String content) throws IOException {
        writeFile(folder.data().resolve(name), content);
    }

    /** Whole or not at all, readable by the server only. */
    public void writeFile(Path file, String content) throws IOException {
        Handover.file(file, content, account);
    }

    /** What the server sees in a file of its data directory, whatever that is by now. */
    public String readData(ClusterFolder folder, String name) throws IOException, InterruptedException {
        Path file = folder.data().resolve(name);
        return account.differs() ? account.read(file, LONGEST_FILE) : Files.readString(file);
    }

    /** Gives the server a certificate for all the names that its clients may use. */
    public void writeCertificate(ClusterFolder folder, ClusterSpec wish) throws IOException {
        List<String> hosts = new ArrayList<>();
        hosts.add(wish.host());
        hosts.addAll(wish.hostNames());
        if (!hosts.contains(reach())) {
            // Connection pools know their server by it.
            hosts.add(reach());
        }
        writeCertificate(folder, hosts);
    }

    /** The same for names that are known. In a folder beside the data directory: a base backup hands that one out. */
    public void writeCertificate(ClusterFolder folder, List<String> hosts) throws IOException {
        Handover.passage(folder.tls());
        try {
            writeFile(folder.certificate().file(), authorities.clusters().issue(hosts));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("cannot issue a certificate for " + hosts, e);
        }
    }

    /** Whether the server's certificate is for the address by which connection pools reach it. */
    public boolean certifiedAtReach(ClusterFolder folder) throws IOException {
        try {
            return folder.certificate().names().contains(reach());
        } catch (GeneralSecurityException e) {
            throw new IOException("the certificate of " + folder.id() + " cannot be read", e);
        }
    }

    /**
     * What the cluster's connection pools show its server, as long as it is good for a while yet, else anew.
     *
     * @return whether anything was written
     */
    public boolean writePoolerCertificate(ClusterFolder folder, Instant now) throws IOException {
        List<String> name = List.of(ServiceRole.POOLER.roleName());
        try {
            String bundle = authorities.clusters().bundle();
            boolean known = Files.exists(folder.clientsAuthority())
                    && Files.readString(folder.clientsAuthority()).equals(bundle);
            boolean fits = authorities.clusters().fits(folder.poolerCertificate(), name, now);
            if (known && fits) {
                return false;
            }
            Handover.passage(folder.tls());
            writeFile(folder.clientsAuthority(), bundle);
            if (!fits) {
                writeFile(
                        folder.poolerCertificate().file(),
                        authorities.clusters().issueForPeers(name));
            }
            return true;
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot issue a certificate for the pools of " + folder.id(), e);
        }
    }

    /** Where this process reaches a server that listens on the configured address. */
    public String reach() {
        return settings.bind().equals("0.0.0.0") || settings.bind().equals("*") ? "127.0.0.1" : settings.bind();
    }

    public boolean portFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(reach()), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    public Connection open(ClusterSpec wish, String database) throws SQLException {
        return SuperuserConnection.open(reach(), wish.port(), database, vault.unseal(wish.superuserSecret()));
    }

    public Connection open(ClusterFolder.Manifest manifest, String database) throws SQLException {
        return SuperuserConnection.open(reach(), manifest.port(), database, vault.unseal(manifest.superuserSecret()));
    }
}
