package dev.mooring.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.TestGround;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Three Moorings on one metadata database, each with a home and clusters of its own, killed in turn under load. */
@Tag("once")
class ReplicasIT {

    private static final int CALLERS = 3;
    private static final String COOKIE = "mooring-console";
    private static final Pattern FORM = Pattern.compile("name=\"_form\" value=\"([0-9a-f]{64})\"");
    private static final List<MooringProcess> REPLICAS = new ArrayList<>();

    private static ExternalMetadata external;

    /** Of what happened: the replicas that may be unable to answer, the clusters that were promised, what went wrong. */
    private final Set<MooringProcess> shaky = ConcurrentHashMap.newKeySet();

    private final Queue<String> promised = new ConcurrentLinkedQueue<>();
    private final Queue<String> troubles = new ConcurrentLinkedQueue<>();
    private final Semaphore toCreate = new Semaphore(0);
    private final AtomicBoolean over = new AtomicBoolean();

    @BeforeAll
    static void begin() throws Exception {
        external = new ExternalMetadata("28700-28719");
        for (int i = 0; i < 3; i++) {
            int port = 28720 + 80 * i;
            REPLICAS.add(new MooringProcess(port + "-" + (port + 79), external.settings()).start());
        }
    }

    @AfterAll
    static void end() throws Exception {
        for (MooringProcess replica : REPLICAS) {
            replica.close();
        }
        external.close();
    }

    @Test
    void nothingIsLostOrDoneTwiceWhenTheyAreKilledInTurn() throws Exception {
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> calls = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                calls.add(callers.submit(this::keepCalling));
            }
            try {
                for (MooringProcess replica : REPLICAS) {
                    letCreate(2);
                    shaky.add(replica);
                    replica.kill();
                    letCreate(2);
                    replica.start();
                    shaky.remove(replica);
                }
            } finally {
                over.set(true);
            }
            for (Future<?> call : calls) {
                call.get();
            }
        }
        assertThat(troubles)
                .as("answers of replicas that were not being killed")
                .isEmpty();
        // A killed replica can have taken a request whose answer never arrived.
        List<String> clusters = any().api().get("/v2/databases").jsonPath().getList("databases.id");
        assertThat(clusters).containsAll(promised);
        clusters.forEach(REPLICAS.getFirst()::awaitOnline);
        assertThat(postmasters()).isEqualTo(clusters.size());
        for (String cluster : clusters) {
            assertThat(REPLICAS.stream().filter(replica -> holds(replica, cluster)))
                    .as("on one machine only")
                    .hasSize(1);
        }
        try (Connection connection = external.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select count(*), count(distinct subject),"
                        + " count(*) filter (where state = 'done'), (select count(*) from cluster_event"
                        + " where type = 'cluster_create') from operation where kind = 'provision-cluster'")) {
            assertThat(row.next()).isTrue();
            for (int column = 1; column <= 4; column++) {
                assertThat(row.getInt(column)).as("column " + column).isEqualTo(clusters.size());
            }
        }
        clusters.forEach(cluster -> assertThat(
                        any().api().delete("/v2/databases/" + cluster).statusCode())
                .isEqualTo(204));
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> postmasters() == 0);
    }

    /** It is a row: whichever replica is asked knows of it, and of its end. */
    @Test
    void aSessionThatOneBeganServesAtAllAndEndsAtAll() throws Exception {
        Response in = console(0).formParam("token", TestGround.TOKEN).post("/console/session");
        assertThat(in.statusCode()).as(in.asString()).isEqualTo(303);
        String cookie = in.cookie(COOKIE);
        assertThat(console(1).cookie(COOKIE, cookie).get("/console/databases").statusCode())
                .isEqualTo(200);
        Matcher form = FORM.matcher(
                console(2).cookie(COOKIE, cookie).get("/console/apps").asString());
        assertThat(form.find()).isTrue();
        HttpRequest events = HttpRequest.newBuilder(URI.create(REPLICAS.get(1).url("/console/events")))
                .header("Cookie", COOKIE + "=" + cookie)
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<InputStream> stream = client.send(events, HttpResponse.BodyHandlers.ofInputStream());
            assertThat(stream.statusCode()).isEqualTo(200);
            CompletableFuture<Boolean> ended = CompletableFuture.supplyAsync(() -> isOver(stream.body()));
            assertThat(console(2)
                            .cookie(COOKIE, cookie)
                            .formParam("_form", form.group(1))
                            .post("/console/logout")
                            .statusCode())
                    .isEqualTo(303);
            assertThat(console(0)
                            .cookie(COOKIE, cookie)
                            .get("/console/databases")
                            .statusCode())
                    .isEqualTo(303);
            assertThat(ended).succeedsWithin(Duration.ofSeconds(30));
        }
    }

    private static boolean isOver(InputStream stream) {
        try (stream) {
            stream.transferTo(OutputStream.nullOutputStream());
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static RequestSpecification console(int replica) {
        return REPLICAS.get(replica).anyone().redirects().follow(false).header("Sec-Fetch-Site", "same-origin");
    }

    private void keepCalling() {
        while (!over.get()) {
            MooringProcess replica = any();
            boolean create = toCreate.tryAcquire();
            boolean wasShaky = shaky.contains(replica);
            try {
                Response answer = create
                        ? replica.create(Api.uniqueName())
                        : replica.api().get("/v2/databases");
                if (create && answer.statusCode() == 201) {
                    promised.add(answer.jsonPath().getString("database.id"));
                    continue;
                }
                if (answer.statusCode() >= 500 && !wasShaky && !shaky.contains(replica)) {
                    troubles.add(answer.statusCode() + " " + answer.asString());
                }
            } catch (Exception unreachable) {
                if (!wasShaky && !shaky.contains(replica)) {
                    troubles.add(unreachable.toString());
                }
            }
            if (create) {
                toCreate.release();
            }
        }
    }

    /** The callers create that many more; returns when they are promised. */
    private void letCreate(int more) {
        int count = promised.size() + more;
        toCreate.release(more);
        Awaitility.await(count + " clusters promised; troubles: " + troubles)
                .atMost(Duration.ofSeconds(60))
                .until(() -> promised.size() == count);
    }

    private static MooringProcess any() {
        return REPLICAS.get(ThreadLocalRandom.current().nextInt(REPLICAS.size()));
    }

    private static boolean holds(MooringProcess replica, String cluster) {
        Path folder = replica.home().clusters().resolve(cluster);
        return folder.toFile().isDirectory();
    }

    private static long postmasters() {
        return REPLICAS.stream().mapToLong(MooringProcess::postmasters).sum();
    }
}
