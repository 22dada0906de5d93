package dev.mooring.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mooring.dboscloud.upload.BadArchive;
import dev.mooring.dboscloud.upload.DbosConfig;
import dev.mooring.home.MooringHome;
import dev.mooring.support.TestGround;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mooring is root, and an account does what it can in its own folders to turn Mooring's writes against root's files. */
class HandoverTest {

    private static final int ROUNDS = 150;
    private static final int ID = 231_187;
    private static final String SECRET = "of root";

    private final ServerAccount account = ServerAccount.numbered(ID);
    private Path folder;
    private Path data;
    private Path treasure;
    private Path secret;
    private Process attacker;

    @BeforeEach
    void ground() throws Exception {
        assumeTrue(account.differs(), "only root has files to lose");
        folder = TestGround.newFolder();
        data = folder.resolve("data");
        Handover.folder(data, account);
        treasure = folder.resolve("treasure");
        Files.createDirectory(treasure);
        secret = treasure.resolve("secret");
        Files.writeString(secret, SECRET);
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    }

    @AfterEach
    void clear() throws Exception {
        if (attacker != null) {
            attacker.destroyForcibly().waitFor();
        }
        account.endProcesses();
        if (folder != null) {
            MooringHome.deleteTree(folder);
        }
    }

    private void attack(String script) throws IOException {
        attacker = new ProcessBuilder(account.command("sh", "-c", script))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private void assertTreasure() throws IOException {
        assertThat(secret).hasContent(SECRET);
        assertThat(Files.getAttribute(secret, "unix:uid")).isEqualTo(0);
        assertThat(Files.getAttribute(treasure, "unix:uid")).isEqualTo(0);
        try (var files = Files.list(treasure)) {
            assertThat(files).containsExactly(secret);
        }
    }

    /** A link in the place of the file, of what it is made from, and of the folder. */
    @ParameterizedTest
    @ValueSource(strings = {"conf", "conf.new", "conf.partial", ".conf.new", "conf.new.partial"})
    void aPlantedLinkLeadsNowhere(String name) throws Exception {
        account.run(null, "ln", "-s", secret.toString(), data.resolve(name).toString())
                .orFail("ln");
        Handover.file(data.resolve("conf"), "settings", account);
        assertTreasure();
        assertThat(data.resolve("conf")).isRegularFile().hasContent("settings");
        assertThat(account.read(data.resolve("conf"), 100)).isEqualTo("settings");
        account.write(data.resolve("conf"), "other");
        assertTreasure();
        assertThat(data.resolve("conf")).hasContent("other");
    }

    @Test
    void aRaceIsLost() throws Exception {
        attack("while :; do ln -sfn " + secret + " data/conf; ln -sfn " + secret + " data/.conf.new;"
                + " ln -sfn ../treasure data/conf.new; rm -f data/conf; mkdir data/conf; rmdir data/conf; done");
        for (int i = 0; i < ROUNDS; i++) {
            try {
                Handover.file(data.resolve("conf"), "settings", account);
            } catch (IOException refused) {
                // A folder stood there.
                continue;
            }
        }
        assertTreasure();
    }

    @Test
    void nothingIsGivenInAFolderThatOthersChange() throws Exception {
        Path mine = data.resolve("mine");
        Files.writeString(mine, "x");
        assertThatThrownBy(() -> account.own(mine)).hasMessageContaining("can be changed by others than Mooring");
        assertThatThrownBy(() -> Handover.file(data.resolve("deeper/conf"), "x", account))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> Handover.tree(mine, account)).isInstanceOf(IOException.class);
        assertThat(Files.getAttribute(mine, "unix:uid")).isEqualTo(0);
        Path loose = Files.createDirectory(folder.resolve("loose"));
        Files.setPosixFilePermissions(loose, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path file = Files.createFile(loose.resolve("file"));
        assertThatThrownBy(() -> account.own(file)).isInstanceOf(IOException.class);
    }

    @Test
    void aTreeIsGivenWithoutWhatItsLinksLeadTo() throws Exception {
        Path tree = Files.createDirectories(folder.resolve("tree/inner")).getParent();
        Files.writeString(tree.resolve("inner/file"), "x");
        Files.createSymbolicLink(tree.resolve("inner/link"), secret);
        Files.createSymbolicLink(tree.resolve("folder"), treasure);
        Handover.tree(tree, account);
        assertTreasure();
        for (String name : new String[] {"", "inner", "inner/file"}) {
            assertThat(Files.getAttribute(tree.resolve(name), "unix:uid")).isEqualTo(ID);
        }
    }

    @Test
    void aConfigurationIsWrittenWithTheRightsOfItsApp() throws Exception {
        Path source = folder.resolve("source");
        Handover.folder(source, account);
        Path config = source.resolve(DbosConfig.NAME);
        DbosConfig.Access access = new DbosConfig.Access("db", 5432, "me", "hidden", "CA");
        account.run(null, "ln", "-s", secret.toString(), config.toString()).orFail("ln");
        assertThatThrownBy(() -> DbosConfig.write(source, access, account)).isInstanceOf(BadArchive.class);
        account.run(null, "rm", config.toString()).orFail("rm");

        account.write(config, "name: x\ndatabase: {}\n");
        for (String name : new String[] {"mooring-ca.crt", DbosConfig.NAME + ".new", DbosConfig.NAME + ".mine"}) {
            account.run(
                            null,
                            "ln",
                            "-s",
                            secret.toString(),
                            source.resolve(name).toString())
                    .orFail("ln");
        }
        DbosConfig.write(source, access, account);
        assertTreasure();
        assertThat(config).content().contains("password: \"hidden\"");
        assertThat(Files.getAttribute(config, "unix:uid")).isEqualTo(ID);

        attack("while :; do ln -sfn " + treasure + " " + source + "/other; mv -T source source.away 2>/dev/null;"
                + " ln -sfn " + secret + " " + config + "; rm -f " + config + "; done");
        for (int i = 0; i < 20; i++) {
            try {
                DbosConfig.write(source, access, account);
            } catch (IOException | BadArchive lost) {
                continue;
            }
        }
        assertTreasure();
    }

    /** As an earlier version had given whole folders away. */
    @Test
    void aFolderIsTakenBack() throws Exception {
        Path inner = data.resolve("inner");
        account.run(null, "mkdir", inner.toString()).orFail("mkdir");
        assertThatThrownBy(() -> Handover.file(inner.resolve("conf"), "x", account))
                .isInstanceOf(IOException.class);
        Handover.reclaim(data, account);
        assertThat(Files.getAttribute(data, "unix:uid")).isEqualTo(0);
        Handover.file(inner.resolve("conf"), "x", account);
        assertThat(account.read(inner.resolve("conf"), 10)).isEqualTo("x");
    }

    @Test
    void aDeletionStaysInItsFolder() throws Exception {
        for (int i = 0; i < 30; i++) {
            Files.createDirectories(treasure.resolve("d" + i));
            Files.writeString(treasure.resolve("d" + i).resolve("file"), "x");
        }
        Path doomed = folder.resolve("doomed");
        Handover.folder(doomed, account);
        attack("cd doomed && while :; do for i in 1 2 3 4 5 6 7 8 9; do mkdir -p d$i/d$i; touch d$i/file; rm -rf d$i;"
                + " ln -sfn " + treasure + " d$i; rm -f d$i; done; done");
        for (int i = 0; i < 5; i++) {
            try {
                MooringHome.deleteTree(doomed);
            } catch (java.io.UncheckedIOException filledAgain) {
                continue;
            }
            break;
        }
        attacker.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        for (int i = 0; i < 30; i++) {
            assertThat(treasure.resolve("d" + i).resolve("file")).hasContent("x");
        }
        MooringHome.deleteTree(doomed);
        assertThat(doomed).doesNotExist();
    }

    @Test
    void aLinkIsDeletedAndNotWhatItLeadsTo() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("link"), treasure);
        MooringHome.deleteTree(link);
        assertThat(link).doesNotExist();
        assertTreasure();
    }

    @Test
    void noDepthStopsADeletion() throws Exception {
        account.run(
                        null,
                        "sh",
                        "-c",
                        "cd \"$1\" && for i in 1 2 3 4 5 6 7 8; do mkdir -p \"$2\" && cd -P \"$2\" && : >f; done",
                        "sh",
                        data.toString(),
                        "d/".repeat(300))
                .orFail("mkdir");
        MooringHome.deleteTree(data);
        assertThat(data).doesNotExist();
    }

    @Test
    void noProcessOfAnAccountOutlivesIt() throws Exception {
        attack("setsid sh -c 'trap \"\" TERM HUP; sleep 1000 & sleep 1000' & setsid sleep 1000 & sleep 1000");
        org.awaitility.Awaitility.await().until(() -> processes() >= 4);
        account.endProcesses();
        assertThat(processes()).isZero();
    }

    private static long processes() {
        return ProcessHandle.allProcesses()
                .filter(process -> {
                    try {
                        Path proc = Path.of("/proc", Long.toString(process.pid()));
                        return !Files.readString(proc.resolve("stat")).contains(") Z ")
                                && Files.getAttribute(proc, "unix:uid").equals(ID);
                    } catch (IOException gone) {
                        return false;
                    }
                })
                .count();
    }
}
