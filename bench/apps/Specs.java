import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A spec of 100 components: proposed (read and checked), and put (read, checked, stored, its deployment queued), beside
 * what parsing the same JSON takes alone and what a request that asks for nothing takes.
 */
class Specs {

    private static final int COMPONENTS = 100;
    private static final int WARM_UP = 300;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final HttpClient http = HttpClient.newHttpClient();
    private final String url = System.getenv().getOrDefault("MOORING_URL", "http://localhost:8080");
    private final String token;

    Specs() throws Exception {
        String home = System.getenv().getOrDefault("MOORING_HOME", System.getProperty("user.home") + "/.mooring");
        token = Files.readString(Path.of(home, "admin-token")).strip();
    }

    public static void main(String[] arguments) throws Exception {
        new Specs().run(arguments.length > 0 ? Integer.parseInt(arguments[0]) : 200);
    }

    private interface Work {
        void once(int round) throws Exception;
    }

    private void run(int rounds) throws Exception {
        String name = "bench-" + Long.toString(System.nanoTime(), 36);
        String app = call("POST", "/v2/apps", body(name, 0)).path("app").path("id").asText();
        try {
            Work parse = round -> MAPPER.readTree(body(name, 0));
            Work nothing = round -> call("GET", "/v2/account", null);
            Work propose = round -> call("POST", "/v2/apps/propose", body(name, 0).replace(name, name + "x"));
            Work put = round -> call("PUT", "/v2/apps/" + app, body(name, round + 1));
            List<Work> all = List.of(parse, nothing, propose, put);
            for (Work work : all) {
                for (int i = 0; i < WARM_UP; i++) {
                    work.once(-i - 10);
                }
            }
            double[] medians = new double[all.size()];
            List<List<Long>> times = new ArrayList<>();
            all.forEach(work -> times.add(new ArrayList<>()));
            for (int round = 0; round < rounds; round++) {
                for (int i = 0; i < all.size(); i++) {
                    long begin = System.nanoTime();
                    all.get(i).once(round);
                    times.get(i).add(System.nanoTime() - begin);
                }
            }
            for (int i = 0; i < medians.length; i++) {
                long[] sorted = times.get(i).stream().mapToLong(Long::longValue).sorted().toArray();
                medians[i] = sorted[sorted.length / 2] / 1e6;
            }
            System.out.printf("spec of %d components, %d bytes, %d rounds, medians%n", COMPONENTS, body(name, 0).length(), rounds);
            System.out.printf("parse the JSON alone             %7.2f ms%n", medians[0]);
            System.out.printf("GET /v2/account                  %7.2f ms%n", medians[1]);
            System.out.printf("propose: read and check          %7.2f ms   ratio to parsing %.1f%n", medians[2], medians[2] / medians[0]);
            System.out.printf("PUT: read, check, store, queue   %7.2f ms   ratio to parsing %.1f%n", medians[3], medians[3] / medians[0]);
        } finally {
            call("DELETE", "/v2/apps/" + app, null);
        }
    }

    private static String body(String name, int round) {
        StringBuilder workers = new StringBuilder();
        for (int i = 0; i < COMPONENTS; i++) {
            workers.append(i == 0 ? "" : ",").append("""
                    {"name":"worker-%d","git":{"repo_clone_url":"https://example.com/repository.git","branch":"main"},
                     "build_command":"npm ci","run_command":"node worker.js","instance_count":1,
                     "instance_size_slug":"apps-s-1vcpu-0.5gb","envs":[{"key":"ROUND","value":"%d","scope":"RUN_TIME"},
                     {"key":"QUEUE","value":"${APP_URL}/queue/%d"},{"key":"SECRET","value":"not-for-everybody","type":"SECRET"}]}"""
                    .formatted(i, round, i));
        }
        return "{\"spec\":{\"name\":\"" + name + "\",\"region\":\"nyc\",\"workers\":[" + workers + "]}}";
    }

    private JsonNode call(String method, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + path))
                .header("Authorization", "Bearer " + token)
                .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() / 100 != 2) {
            throw new IllegalStateException(method + " " + path + ": " + answer.statusCode() + " " + answer.body());
        }
        return MAPPER.readTree(answer.body());
    }
}
