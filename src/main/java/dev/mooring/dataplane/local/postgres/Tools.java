package dev.mooring.dataplane.local.postgres;

import dev.mooring.process.ServerAccount;
import dev.mooring.process.postgres.Engine;
import dev.mooring.process.postgres.Installations;
import dev.mooring.process.postgres.session.SessionSettings;
import dev.mooring.process.postgres.session.SuperuserConnection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL's own programs for clients, of one installation. pg_dump reads servers of its own major version and older ones,
 * and what it writes loads into every newer one.
 */
public final class Tools {

    /** For a client certificate: else the one in the home of who started Mooring is tried, which the account cannot read. */
    public static final String NO_FILE = "/nonexistent";

    private static final List<String> PROGRAMS = List.of("pg_dump", "pg_dumpall", "pg_restore", "psql");

    private static final int FIRST_WITH_LOCALE_PROVIDERS = 15;

    private final Path bin;
    private final ServerAccount account;
    private final Map<String, String> environment;

    private Tools(Path bin, ServerAccount account, Map<String, String> environment) {
        this.bin = bin;
        this.account = account;
        this.environment = environment;
    }

    /**
     * The installation that can dump servers of the one major version for servers of the other: the newest that is not newer
     * than these. What a newer one writes loads too, if the servers know providers of locales, as 15 and later do.
     */
    public static Optional<Engine> between(String source, String target) throws IOException {
        int from = Integer.parseInt(source);
        int to = Integer.parseInt(target);
        List<Engine> able = Installations.find().tools().stream()
                .filter(engine -> major(engine) >= from)
                .filter(engine -> PROGRAMS.stream()
                        .allMatch(program -> Files.isExecutable(engine.bin().resolve(program))))
                .sorted(Comparator.comparingInt(Tools::major))
                .toList();
        Optional<Engine> fitting =
                able.reversed().stream().filter(engine -> major(engine) <= to).findFirst();
        return fitting.isPresent() || to < FIRST_WITH_LOCALE_PROVIDERS
                ? fitting
                : able.stream().findFirst();
    }

    private static int major(Engine engine) {
        return Integer.parseInt(engine.major());
    }

    /** The same, to be run as the account and the superuser. */
    public static Tools of(Engine installation, ServerAccount account, String host, String password) {
        return here(installation, account, host, SuperuserConnection.USER, password, true);
    }

    /** The same, logged in as a role that is no superuser. */
    public static Tools as(String role, Engine installation, ServerAccount account, String host, String password) {
        return here(installation, account, host, role, password, false);
    }

    private static Tools here(
            Engine installation, ServerAccount account, String host, String role, String password, boolean superuser) {
        return new Tools(
                installation.bin(),
                account,
                Map.of(
                        "PGHOST",
                        host,
                        "PGUSER",
                        role,
                        "PGPASSWORD",
                        password,
                        "PGSSLMODE",
                        "disable",
                        // Heeded from 16 on: nobody who has taken a server's port is told the password.
                        "PGREQUIREAUTH",
                        "scram-sha-256",
                        "PGAPPNAME",
                        "mooring",
                        "PGOPTIONS",
                        SessionSettings.options(superuser)));
    }

    /**
     * The same for a server elsewhere.
     *
     * @param address that is connected to, whatever the host is found to have
     */
    public static Tools elsewhere(
            Engine installation,
            ServerAccount account,
            String host,
            @Nullable String address,
            String user,
            String password,
            boolean tls) {
        return new Tools(
                installation.bin(),
                account,
                Map.of(
                        "PGHOST",
                        host,
                        "PGHOSTADDR",
                        address,
                        "PGUSER",
                        user,
                        "PGPASSWORD",
                        password,
                        "PGSSLMODE",
                        tls ? "require" : "disable",
                        "PGSSLCERT",
                        NO_FILE,
                        "PGCONNECT_TIMEOUT",
                        "10",
                        "PGAPPNAME",
                        "mooring"));
    }

    /**
     * Runs to the end; what it said is part of the answer.
     *
     * @throws IOException when the program itself failed: that is no answer, and another try may get one
     */
    public ServerAccount.Result run(int port, String program, String... arguments)
            throws IOException, InterruptedException {
        String[] words = new String[arguments.length + 1];
        words[0] = bin.resolve(program).toString();
        System.arraycopy(arguments, 0, words, 1, arguments.length);
        Map<String, String> own = new java.util.HashMap<>(environment);
        own.put("PGPORT", Integer.toString(port));
        ServerAccount.Result result = account.run(null, own, words);
        if (result.crashed()) {
            throw new IOException(program + " itself failed, " + result.how());
        }
        return result;
    }
}
