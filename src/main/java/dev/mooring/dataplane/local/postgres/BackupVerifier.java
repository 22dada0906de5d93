package dev.mooring.dataplane.local.postgres;

import dev.mooring.process.ServerAccount;
import dev.mooring.process.postgres.Installations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/**
 * PostgreSQL's own check of a backup, pg_verifybackup, of the installations at hand. Each was tried once, as the account that it runs under:
 * what does not start there is none. A tool that fails itself says nothing about a backup.
 */
public final class BackupVerifier {

    private static final Logger LOG = Logger.getLogger(BackupVerifier.class);
    private static final String PROGRAM = "pg_verifybackup";
    private static final Pattern VERSION = Pattern.compile(PROGRAM + " \\(PostgreSQL\\) ((\\d+)\\S*)");
    private static final Duration TRIAL_LIMIT = Duration.ofSeconds(10);

    /** pg_verifybackup.c: the backup is not what its manifest says, or cannot be read. */
    private static final int REFUSED = 1;

    private final ServerAccount account;
    private final TreeMap<Integer, Tool> tools = new TreeMap<>();

    private record Tool(String version, Path program) {}

    private BackupVerifier(ServerAccount account) {
        this.account = account;
    }

    /** Those of this machine's installations. */
    public static BackupVerifier find(ServerAccount account) throws IOException, InterruptedException {
        return among(account, Installations.folders());
    }

    /** @param bins folders, the preferred ones first */
    static BackupVerifier among(ServerAccount account, List<Path> bins) throws InterruptedException {
        BackupVerifier verifier = new BackupVerifier(account);
        for (Path bin : bins) {
            Path program = bin.resolve(PROGRAM);
            if (Files.isExecutable(program)) {
                verifier.tryOut(program);
            }
        }
        return verifier;
    }

    /** Its version, and a folder that holds no backup: a tool that works refuses it. */
    private void tryOut(Path program) throws InterruptedException {
        try {
            ServerAccount.Result says = run(TRIAL_LIMIT, program, "--version");
            Matcher version = VERSION.matcher(says.output());
            ServerAccount.Result refuses = run(TRIAL_LIMIT, program, "/nonexistent");
            if (says.exit() == 0 && version.find() && refused(refuses)) {
                tools.putIfAbsent(Integer.parseInt(version.group(2)), new Tool(version.group(1), program));
            } else {
                LOG.warnf("%s does not work and is not used: %s", program, refuses.how());
            }
        } catch (IOException e) {
            LOG.warnf("%s does not work and is not used: %s", program, e.getMessage());
        }
    }

    /** What became of a check. */
    public sealed interface Verdict {

        /** In words, for a receipt. */
        String words();
    }

    public record Passed(String words) implements Verdict {}

    /** The backup is not what it should be. */
    public record Refused(String words) implements Verdict {}

    /** Nothing is known about the backup. */
    public record NotChecked(String words) implements Verdict {}

    /**
     * Checks the files of a backup against its manifest, by the tool of the version or else the next newer one: each reads the manifests of
     * those before it.
     *
     * @param major version of the backup
     * @param data unpacked, with its manifest
     */
    public Verdict verify(String major, Path data, Duration atMost) throws InterruptedException {
        Optional<Tool> tool =
                Optional.ofNullable(tools.ceilingEntry(Integer.parseInt(major))).map(Map.Entry::getValue);
        if (tool.isEmpty()) {
            return new NotChecked("no " + PROGRAM + " of PostgreSQL " + major + " or later works on this machine");
        }
        String name = PROGRAM + " " + tool.get().version();
        try {
            ServerAccount.Result result = run(atMost, tool.get().program(), "--no-parse-wal", data.toString());
            if (result.exit() == 0) {
                return new Passed(name + " found every file as it should be");
            }
            return refused(result)
                    ? new Refused(name + " refuses the backup: " + result.output())
                    : new NotChecked(name + " failed itself: " + result.how());
        } catch (IOException e) {
            return new NotChecked(name + " failed itself: " + e.getMessage());
        }
    }

    private static boolean refused(ServerAccount.Result result) {
        return result.exit() == REFUSED && !result.output().isBlank();
    }

    private ServerAccount.Result run(Duration atMost, Path program, String... arguments)
            throws IOException, InterruptedException {
        String[] words = new String[arguments.length + 1];
        words[0] = program.toString();
        System.arraycopy(arguments, 0, words, 1, arguments.length);
        return account.run(null, Map.of(), atMost, words);
    }
}
