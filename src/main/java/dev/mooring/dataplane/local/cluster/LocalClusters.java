package dev.mooring.dataplane.local.cluster;

import dev.mooring.dataplane.ClusterWish;
import dev.mooring.dataplane.local.postgres.DataTemplate;
import dev.mooring.dataplane.local.postgres.Engine;
import dev.mooring.dataplane.local.postgres.Engines;
import dev.mooring.dataplane.local.postgres.Postmaster;
import dev.mooring.dataplane.local.postgres.ServerAccount;
import dev.mooring.dataplane.local.postgres.SuperuserConnection;
import dev.mooring.home.Authorities;
import dev.mooring.home.MooringHome;
import dev.mooring.home.Vault;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The clusters of this machine as files and processes. What programs share. */
@ApplicationScoped
public class LocalClusters {

    private final MooringHome home;
    private final Vault vault;
    private final Authorities authorities;
    private final LocalSettings settings;
    private final ServerAccount account;
    private final Engines engines;
    private final DataTemplate template;
    private final Supervisor supervisor;

    LocalClusters(
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
        this.supervisor = supervisor;
    }

    public Engines engines() {
        return engines;
    }

    public DataTemplate template() {
        return template;
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

    /** The folders of all clusters that have files here. */
    public List<ClusterFolder> folders() throws IOException {
        List<ClusterFolder> folders = new ArrayList<>();
        try (var children = Files.list(home.clusters())) {
            for (Path child : children.toList()) {
                folders.add(folder(UUID.fromString(child.getFileName().toString())));
            }
        }
        return folders;
    }

    /** The folders that a data directory is put into. */
    public void makeFolders(ClusterFolder folder) throws IOException {
        for (Path path : new Path[] {folder.root(), folder.log()}) {
            makeFolder(path);
        }
    }

    private void makeFolder(Path path) throws IOException {
        Files.createDirectories(path);
        account.own(path);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
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
        Path partial = file.resolveSibling(file.getFileName() + ".new");
        MooringHome.write(partial, content, "rw-------");
        account.own(partial);
        Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Gives the server a certificate for all the names that its clients may use. */
    public void writeCertificate(ClusterFolder folder, ClusterWish wish) throws IOException {
        List<String> hosts = new ArrayList<>();
        hosts.add(wish.host());
        hosts.addAll(wish.hostNames());
        if (!settings.bind().equals("0.0.0.0") && !hosts.contains(settings.bind())) {
            hosts.add(settings.bind());
        }
        writeCertificate(folder, hosts);
    }

    /** The same for names that are known. In a folder beside the data directory: a base backup hands that one out. */
    public void writeCertificate(ClusterFolder folder, List<String> hosts) throws IOException {
        makeFolder(folder.tls());
        try {
            writeFile(folder.certificate().file(), authorities.clusters().issue(hosts));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("cannot issue a certificate for " + hosts, e);
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

    public Connection open(ClusterWish wish, String database) throws SQLException {
        return SuperuserConnection.open(reach(), wish.port(), database, vault.unseal(wish.superuserSecret()));
    }

    public Connection open(ClusterFolder.Manifest manifest, String database) throws SQLException {
        return SuperuserConnection.open(reach(), manifest.port(), database, vault.unseal(manifest.superuserSecret()));
    }
}
