package dev.mooring.command;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mooring.command.remote.Common;
import dev.mooring.command.remote.Failure;
import dev.mooring.command.remote.MooringApi;
import dev.mooring.command.terminal.Interrupts;
import dev.mooring.command.terminal.PlainPrompt;
import dev.mooring.command.terminal.Table;
import dev.mooring.process.postgres.Installations;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "psql",
        description =
                "Connects to a cluster with psql, without anybody typing a password. What follows -- goes to psql. Where that is missing,"
                        + " there is a plain prompt.",
        mixinStandardHelpOptions = true)
final class PsqlCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "NAME", description = "Name or id of the cluster.")
    private String name;

    @Option(
            names = {"-d", "--db"},
            paramLabel = "DATABASE",
            description = "Another database than the cluster's first one.")
    private String database;

    @Option(
            names = {"-u", "--user"},
            paramLabel = "USER",
            description = "Another user than the cluster's administrator.")
    private String user;

    @Option(
            names = "--plain",
            description =
                    "A plain prompt instead of psql, as where that is missing: ; ends a statement, \\q the session.")
    private boolean plain;

    @Parameters(index = "1..*", paramLabel = "ARGUMENT", description = "For psql, such as -c 'select 1'.")
    private List<String> rest = List.of();

    @Override
    public Integer call() throws Failure, IOException, InterruptedException {
        MooringApi api = Common.api();
        JsonNode cluster = api.cluster(name);
        JsonNode connection = cluster.path("connection");
        if (!connection.path("protocol").asText("postgresql").equals("postgresql")
                || !cluster.path("engine").asText().equals("pg")) {
            throw new Failure(name + " is no PostgreSQL cluster");
        }
        String password = connection.path("password").asText();
        if (user != null) {
            password = api.get("/v2/databases/" + cluster.path("id").asText() + "/users/" + MooringApi.encode(user))
                    .path("user")
                    .path("password")
                    .asText();
        }
        Optional<Path> program = plain ? Optional.empty() : psql();
        if (program.isEmpty() && !rest.isEmpty()) {
            throw new Failure(
                    "what follows -- is for psql, which is missing here. Install it, for example with   apt-get"
                            + " install postgresql-client   or   brew install libpq");
        }
        Map<String, String> session = new HashMap<>();
        session.put("HOST", connection.path("host").asText());
        session.put("PORT", connection.path("port").asText());
        session.put("DATABASE", database == null ? connection.path("database").asText() : database);
        session.put("USER", user == null ? connection.path("user").asText() : user);
        session.put("PASSWORD", password);
        session.put("SSLMODE", "verify-full");
        Path ca = Files.createTempFile("mooring-ca", ".crt");
        // However this process ends.
        ca.toFile().deleteOnExit();
        try {
            Files.write(
                    ca,
                    Base64.getDecoder()
                            .decode(api.get("/v2/databases/"
                                            + cluster.path("id").asText() + "/ca")
                                    .path("ca")
                                    .path("certificate")
                                    .asText()));
            session.put("SSLROOTCERT", ca.toString());
            return program.isPresent() ? run(program.get(), session) : prompt(session);
        } finally {
            Files.delete(ca);
        }
    }

    /** The terminal is psql's, and Ctrl-C its own affair: it cancels a statement. */
    private int run(Path program, Map<String, String> session) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of(program.toString()));
        words.addAll(rest);
        ProcessBuilder psql = new ProcessBuilder(words).inheritIO();
        // Not in the argument list, which others can read.
        session.forEach((name, value) -> psql.environment().put("PG" + name, value));
        Interrupts.call(() -> {});
        Process running = psql.start();
        Runtime.getRuntime().addShutdownHook(new Thread(running::destroy));
        return running.waitFor();
    }

    private static int prompt(Map<String, String> session) throws Failure, IOException {
        Properties properties = new Properties();
        for (String name : List.of("USER", "PASSWORD", "SSLMODE", "SSLROOTCERT")) {
            properties.setProperty(name.toLowerCase(Locale.ROOT), session.get(name));
        }
        String url = "jdbc:postgresql://" + session.get("HOST") + ":" + session.get("PORT") + "/"
                + MooringApi.encode(session.getOrDefault("DATABASE", ""));
        try {
            return new PlainPrompt(
                            new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset())),
                            System.out,
                            System.err)
                    .run(url, properties);
        } catch (SQLException e) {
            throw new Failure(Table.plain(String.valueOf(e.getMessage())));
        }
    }

    private static Optional<Path> psql() throws IOException {
        return Stream.concat(
                        Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":"))
                                .map(Path::of),
                        Installations.folders().stream())
                .map(folder -> folder.resolve("psql"))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
