import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Properties;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A cluster of the Mooring that is running on this machine. */
record Mooring(String id, Properties client) implements Brokers {

    private static final String url = env("MOORING_URL", "http://localhost:8080");
    private static final Path home = Path.of(env("MOORING_HOME", System.getProperty("user.home") + "/.mooring"));
    private static final HttpClient http = HttpClient.newHttpClient();

    /** Asked for, online, with a topic of one partition with a copy on each broker. */
    static Mooring create(int brokers) throws Exception {
        String made = call(
                "POST",
                "/v2/databases",
                "{\"name\":\"bench-%s\",\"engine\":\"kafka\",\"num_nodes\":%d,\"size\":\"db-s-2vcpu-%dgb\",\"region\":\"nyc1\"}"
                        .formatted(UUID.randomUUID().toString().substring(0, 8), brokers, brokers == 1 ? 2 : 4));
        String id = text(made, "id");
        while (!text(call("GET", "/v2/databases/" + id, null), "status").equals("online")) {
            Thread.sleep(5);
        }
        call(
                "POST",
                "/v2/databases/" + id + "/topics",
                "{\"name\":\"first\",\"partition_count\":1,\"replication_factor\":" + brokers + "}");
        Properties client = new Properties();
        client.put("bootstrap.servers", text(made, "uri"));
        client.put("security.protocol", "SASL_SSL");
        client.put("sasl.mechanism", "SCRAM-SHA-256");
        client.put(
                "sasl.jaas.config",
                "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"doadmin\" password=\""
                        + text(made, "password") + "\";");
        client.put("ssl.truststore.type", "PEM");
        client.put(
                "ssl.truststore.certificates",
                new String(
                        Base64.getDecoder().decode(text(call("GET", "/v2/databases/" + id + "/ca", null), "certificate")),
                        StandardCharsets.UTF_8));
        return new Mooring(id, client);
    }

    /** What the first cluster of a home leaves for those after it. */
    static void awaitClassArchive() throws Exception {
        for (int tries = 0; tries < 600; tries++) {
            try (var files = Files.list(home.resolve("engines"))) {
                if (files.anyMatch(file -> file.toString().endsWith(".classes"))) {
                    return;
                }
            }
            Thread.sleep(500);
        }
        throw new IllegalStateException("no archive of classes within 5 minutes: see Mooring's log");
    }

    @Override
    public long pid(int broker) throws Exception {
        return Long.parseLong(Files.readString(home.resolve("clusters/" + id + "/broker" + broker + "/data/broker.pid"))
                .strip());
    }

    @Override
    public void revive() {
        // Mooring looks after its brokers.
    }

    @Override
    public void close() throws Exception {
        call("DELETE", "/v2/databases/" + id, null);
    }

    private static String env(String name, String otherwise) {
        String set = System.getenv(name);
        return set == null || set.isBlank() ? otherwise : set;
    }

    private static String call(String method, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + path))
                .header("authorization", "Bearer " + Files.readString(home.resolve("admin-token")).strip())
                .header("content-type", "application/json")
                .method(
                        method,
                        body == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() >= 300) {
            throw new IllegalStateException(method + " " + path + ": " + answer.statusCode() + " " + answer.body());
        }
        return answer.body();
    }

    private static String text(String json, String key) {
        Matcher found = Pattern.compile("\"" + key + "\":\"([^\"]*)\"").matcher(json);
        if (!found.find()) {
            throw new IllegalStateException("no " + key + " in " + json);
        }
        return found.group(1);
    }
}
