package dev.mooring.command;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mooring.command.remote.Common;
import dev.mooring.command.remote.Failure;
import dev.mooring.command.remote.MooringApi;
import dev.mooring.process.postgres.Installations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "psql",
        description =
                "Connects to a cluster with psql, without anybody typing a password. What follows -- goes to psql.",
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
        List<String> words = new ArrayList<>(List.of(psql().toString()));
        words.addAll(rest);
        ProcessBuilder psql = new ProcessBuilder(words).inheritIO();
        // Not in the argument list, which others can read.
        psql.environment().put("PGHOST", connection.path("host").asText());
        psql.environment().put("PGPORT", connection.path("port").asText());
        psql.environment()
                .put(
                        "PGDATABASE",
                        database == null ? connection.path("database").asText() : database);
        psql.environment().put("PGUSER", user == null ? connection.path("user").asText() : user);
        psql.environment().put("PGPASSWORD", password);
        Path ca = Files.createTempFile("mooring-ca", ".crt");
        try {
            Files.write(
                    ca,
                    Base64.getDecoder()
                            .decode(api.get("/v2/databases/"
                                            + cluster.path("id").asText() + "/ca")
                                    .path("ca")
                                    .path("certificate")
                                    .asText()));
            psql.environment().put("PGSSLMODE", "verify-full");
            psql.environment().put("PGSSLROOTCERT", ca.toString());
            return psql.start().waitFor();
        } finally {
            Files.delete(ca);
        }
    }

    private static Path psql() throws Failure, IOException {
        Optional<Path> found = Stream.concat(
                        Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":"))
                                .map(Path::of),
                        Installations.folders().stream())
                .map(folder -> folder.resolve("psql"))
                .filter(Files::isExecutable)
                .findFirst();
        return found.orElseThrow(
                () -> new Failure(
                        "psql is missing. Install it, for example with   apt-get install postgresql-client   or   brew install libpq"));
    }
}
