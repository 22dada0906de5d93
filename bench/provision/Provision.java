import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * From "I want a database" to the first answered query, three ways, in turns: a POST to Mooring; a copy of the same
 * template started by hand, which is the floor; initdb and a start, which is what a template saves. The same client, in one
 * warm process, asks every few milliseconds.
 */
public class Provision {

    private static final int WARM_UP = 3;
    private static final String VERSION = "16";

    private static final String url = env("MOORING_URL", "http://localhost:8080");
    private static final Path home = Path.of(env("MOORING_HOME", System.getProperty("user.home") + "/.mooring"));
    private static final HttpClient http = HttpClient.newHttpClient();
    private static final List<String> account = new ArrayList<>();
    private static String token;
    private static Path bin;
    private static Path template;
    private static Path scratch;

    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 15;
        token = Files.readString(home.resolve("admin-token")).strip();
        try (var engines = Files.list(home.resolve("engines"))) {
            template = engines.filter(path -> path.getFileName().toString().matches(VERSION + "\\.\\d+-template"))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no template of " + VERSION + " yet; wait a little"))
                    .resolve("data");
        }
        bin = home.resolve("engines")
                .resolve(template.getParent().getFileName().toString().replace("-template", ""))
                .resolve("bin");
        if ("root".equals(System.getProperty("user.name"))) {
            String owner = Files.getOwner(template).getName();
            account.addAll(List.of("setpriv", "--reuid=" + owner, "--clear-groups"));
        }
        // Beside the clusters, so that both sides copy within the same file system.
        scratch = Files.createTempDirectory(home.resolve("clusters").getParent(), "bench");
        run("chmod", "777", scratch.toString());
        try {
            double[][] times = new double[3][rounds];
            for (int round = -WARM_UP; round < rounds; round++) {
                double[] now = {timed(Provision::mooring), timed(Provision::copy), timed(Provision::initdb)};
                for (int i = 0; round >= 0 && i < now.length; i++) {
                    times[i][round] = now[i];
                }
            }
            double mooring = median(times[0]);
            double floor = median(times[1]);
            System.out.printf("POST to first query            %6.0f ms%n", mooring);
            System.out.printf("copy of the template + start   %6.0f ms (the floor)%n", floor);
            System.out.printf("initdb + start                 %6.0f ms%n", median(times[2]));
            System.out.printf(
                    "ratio to the floor %.2f; aim: 2 x floor + 50 ms = %.0f ms%n", mooring / floor, 2 * floor + 50);
        } finally {
            try (var paths = Files.walk(scratch)) {
                paths.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
            }
        }
    }

    /** Milliseconds until the work says so; what comes after, in the runnable, is not counted. */
    private static double timed(Callable<Runnable> work) throws Exception {
        long start = System.nanoTime();
        Runnable after = work.call();
        double millis = (System.nanoTime() - start) / 1e6;
        after.run();
        return millis;
    }

    private static Runnable mooring() throws Exception {
        String answer = send("POST", "/v2/databases", """
                {"name":"bench-%d","engine":"pg","version":"%s","num_nodes":1,"size":"db-s-1vcpu-1gb","region":"nyc1"}"""
                .formatted(System.nanoTime(), VERSION));
        String id = find(answer, "\"id\":\"([^\"]+)\"");
        firstQuery(
                "jdbc:postgresql://" + find(answer, "\"host\":\"([^\"]+)\"") + ":" + find(answer, "\"port\":(\\d+)")
                        + "/defaultdb",
                "doadmin",
                find(answer, "\"password\":\"([^\"]+)\""),
                "require");
        return () -> {
            try {
                send("DELETE", "/v2/databases/" + id, null);
                Thread.sleep(400);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        };
    }

    private static Runnable copy() throws Exception {
        Path data = scratch.resolve("copy");
        run("cp", "-a", template.toString(), data.toString());
        return serve(data);
    }

    private static Runnable initdb() throws Exception {
        Path data = scratch.resolve("initdb");
        run(bin.resolve("initdb").toString(), "-D", data.toString(), "-U", "postgres", "-A", "trust", "-k");
        return serve(data);
    }

    private static Runnable serve(Path data) throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        Files.writeString(data.resolve("pg_hba.conf"), "host all all 127.0.0.1/32 trust\n");
        List<String> command = new ArrayList<>(account);
        command.addAll(List.of(
                bin.resolve("postgres").toString(), "-D", data.toString(), "-p", Integer.toString(port),
                "-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1"));
        Process server = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        firstQuery("jdbc:postgresql://127.0.0.1:" + port + "/postgres", "postgres", "", "disable");
        return () -> {
            try {
                new ProcessBuilder("kill", "-QUIT", Long.toString(server.pid())).start().waitFor();
                server.waitFor();
                run("rm", "-rf", data.toString());
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        };
    }

    private static void firstQuery(String jdbc, String user, String password, String sslMode) throws Exception {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        properties.setProperty("password", password);
        properties.setProperty("sslmode", sslMode);
        long end = System.nanoTime() + 30_000_000_000L;
        while (true) {
            try (Connection connection = DriverManager.getConnection(jdbc, properties)) {
                connection.createStatement().execute("select 1");
                return;
            } catch (SQLException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
                Thread.sleep(3);
            }
        }
    }

    private static String send(String method, String path, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + path))
                .header("Authorization", "Bearer " + token)
                .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() >= 300) {
            throw new IOException(method + " " + path + ": " + answer.statusCode() + " " + answer.body());
        }
        return answer.body();
    }

    private static void run(String... command) throws Exception {
        List<String> words = new ArrayList<>(command[0].equals("chmod") ? List.of() : account);
        words.addAll(Arrays.asList(command));
        Process process = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + " failed");
        }
    }

    private static String find(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        if (!matcher.find()) {
            throw new IllegalStateException("not in the answer: " + pattern);
        }
        return matcher.group(1);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static String env(String name, String otherwise) {
        return System.getenv().getOrDefault(name, otherwise);
    }
}
