package dev.mooring.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Boundary;
import dev.mooring.support.MooringProcess;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** Mooring as its users run it: started, stopped, doubled, crowded, and on a machine that runs out of things. */
class ProcessIT {

    private static MooringProcess mooring;

    @BeforeAll
    static void start() throws Exception {
        mooring = new MooringProcess("28000-28199").start();
    }

    @AfterAll
    static void stop() throws Exception {
        mooring.close();
    }

    @Test
    void aSecondMooringOnTheSameHomeRefusesToStart() throws Exception {
        Path log = Files.createTempFile("second", ".log");
        Process second = mooring.launch(log);
        assertThat(second.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(second.exitValue()).isEqualTo(1);
        assertThat(Files.readString(log))
                .contains("another Mooring is running on")
                .contains("MOORING_HOME");
        Files.delete(log);
        assertThat(mooring.api().get("/v2/databases").statusCode()).isEqualTo(200);
    }

    @Test
    void controlCStopsMooringButNotTheDatabases() throws Exception {
        String id = online(mooring.create(Api.uniqueName()));
        Path pidFile =
                mooring.home().cluster(UUID.fromString(id)).resolve("data").resolve("postmaster.pid");
        String pid = Files.readAllLines(pidFile).getFirst();
        mooring.interrupt();
        assertThat(ProcessHandle.of(Long.parseLong(pid)).map(ProcessHandle::isAlive))
                .contains(true);
        mooring.start();
        assertThat(Files.readAllLines(pidFile).getFirst())
                .as("adopted, not started anew")
                .isEqualTo(pid);
        assertThat(Files.readString(mooring.log())).contains("adopted");
        assertThat(mooring.get(id).jsonPath().getString("database.status")).isEqualTo("online");
        delete(id);
        awaitNothingLeft();
    }

    @Test
    void inAContainerTheDatabasesAreStoppedWithMooring() throws Exception {
        try (MooringProcess contained =
                new MooringProcess("28750-28799", Map.of("MOORING_LOCAL_STOP", "true")).start()) {
            String id = contained.create(Api.uniqueName()).jsonPath().getString("database.id");
            contained.awaitOnline(id);
            contained.interrupt();
            assertThat(contained.postmasters()).isZero();
            assertThat(contained.home().cluster(UUID.fromString(id)).resolve("data/postmaster.pid"))
                    .as("stopped, not killed")
                    .doesNotExist();
            contained.start();
            contained.awaitOnline(id);
            assertThat(contained.postmasters()).isEqualTo(1);
        }
    }

    @Test
    void thirtyClustersAtOnceComeAndGo() throws Exception {
        List<Callable<Response>> requests = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            requests.add(() -> mooring.create(Api.uniqueName()));
        }
        List<String> ids = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Response> answer : threads.invokeAll(requests)) {
                assertThat(answer.get().statusCode())
                        .as(answer.get().asString())
                        .isEqualTo(201);
                ids.add(answer.get().jsonPath().getString("database.id"));
            }
        }
        ids.forEach(mooring::awaitOnline);
        assertThat(mooring.postmasters()).isEqualTo(30);
        JsonPath list = mooring.api().get("/v2/databases?per_page=200").jsonPath();
        assertThat(list.getList("databases.connection.port")).doesNotHaveDuplicates();
        ids.forEach(ProcessIT::delete);
        awaitNothingLeft();
        Awaitility.await("every port free")
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(takenPorts()).isEmpty());
    }

    private static List<Integer> takenPorts() {
        List<Integer> taken = new ArrayList<>();
        for (int port = 28000; port < 28200; port++) {
            try (ServerSocket socket = new ServerSocket()) {
                socket.setReuseAddress(true);
                socket.bind(new InetSocketAddress("127.0.0.1", port));
            } catch (IOException e) {
                taken.add(port);
            }
        }
        return taken;
    }

    @Test
    void aPortTakenWhileProvisioningFailsClearlyAndDeleteWorks() throws Exception {
        String id;
        try (Boundary boundary = Boundary.before(mooring, "provision-cluster", "running", "CHECK")) {
            JsonPath created = mooring.create(Api.uniqueName()).jsonPath();
            id = created.getString("database.id");
            boundary.awaitReached();
            int port = created.getInt("database.connection.port");
            try (ServerSocket thief = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                boundary.release();
                JsonPath operation = failedOperation(id);
                assertThat(operation.getString("operations[0].error"))
                        .contains("port " + thief.getLocalPort() + " is taken");
            }
        }
        Response refused = mooring.api().body("{\"name\":\"x\"}").post("/v2/databases/" + id + "/dbs");
        assertThat(refused.statusCode()).isEqualTo(412);
        assertThat(refused.jsonPath().getString("message")).contains("is taken");
        delete(id);
        awaitNothingLeft();
    }

    @Test
    void aFailedProvisioningCanBeRetried() throws Exception {
        String id;
        String operation;
        try (Boundary boundary = Boundary.before(mooring, "provision-cluster", "running", "CHECK")) {
            JsonPath created = mooring.create(Api.uniqueName()).jsonPath();
            id = created.getString("database.id");
            boundary.awaitReached();
            try (ServerSocket thief =
                    new ServerSocket(created.getInt("database.connection.port"), 1, InetAddress.getLoopbackAddress())) {
                boundary.release();
                operation = failedOperation(id).getString("operations[0].id");
                assertThat(thief.isBound()).isTrue();
            }
        }
        assertThat(mooring.api()
                        .post("/mooring/v1/operations/" + operation + "/retry")
                        .statusCode())
                .isEqualTo(200);
        mooring.awaitOnline(id);
        delete(id);
        awaitNothingLeft();
    }

    @Test
    void aClusterThatIsStillBeingMadeCanBeDeleted() throws Exception {
        String id;
        try (Boundary boundary = Boundary.before(mooring, "provision-cluster", "running", "SET_UP")) {
            id = mooring.create(Api.uniqueName()).jsonPath().getString("database.id");
            boundary.awaitReached();
            Response busy = mooring.api().body("{\"name\":\"x\"}").post("/v2/databases/" + id + "/dbs");
            assertThat(busy.statusCode()).isEqualTo(412);
            assertThat(busy.jsonPath().getString("message"))
                    .isEqualTo("Cannot make changes while the service is undergoing maintenance");
            delete(id);
            boundary.release();
        }
        assertThat(mooring.get(id).statusCode()).isEqualTo(404);
        awaitNothingLeft();
    }

    /** As where no process stays up: the API takes requests, a timer's tick does the work. */
    @Test
    void withoutAWorkerATickDoesTheWork() throws Exception {
        awaitNothingLeft();
        mooring.interrupt();
        mooring.startAs("api");
        try {
            String id = mooring.create(Api.uniqueName()).jsonPath().getString("database.id");
            assertThat(mooring.get(id).jsonPath().getString("database.status")).isEqualTo("creating");
            assertThat(mooring.postmasters()).isZero();
            Response tick = mooring.api().post("/mooring/v1/tick");
            assertThat(tick.jsonPath().getInt("started")).as(tick.asString()).isEqualTo(1);
            assertThat(mooring.get(id).jsonPath().getString("database.status")).isEqualTo("online");
            delete(id);
            assertThat(mooring.postmasters()).isEqualTo(1);
            mooring.api().post("/mooring/v1/tick");
            awaitNothingLeft();
        } finally {
            mooring.interrupt();
            mooring.startAs("all");
        }
    }

    /** Few inodes make a disk that is full in the middle of the copy, though its space looks ample before. */
    @Test
    @EnabledIf("canMount")
    void aDiskThatFillsUpFailsClearlyAndDeleteWorks() throws Exception {
        Path clusters = mooring.home().clusters();
        run("mount", "-t", "tmpfs", "-o", "size=2g,nr_inodes=200,mode=711", "tmpfs", clusters.toString());
        try {
            String id = mooring.create(Api.uniqueName()).jsonPath().getString("database.id");
            assertThat(failedOperation(id).getString("operations[0].error")).contains("No space left on device");
            assertThat(mooring.clusterFolders()).as("cleaned up").isEmpty();
            delete(id);
            awaitNothingLeft();
        } finally {
            run("umount", clusters.toString());
        }
    }

    static boolean canMount() {
        return "root".equals(System.getProperty("user.name")) && Files.exists(Path.of("/proc/self/mounts"));
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor()).isZero();
    }

    private static JsonPath failedOperation(String cluster) {
        return Awaitility.await("failed operation")
                .atMost(Duration.ofSeconds(60))
                .until(
                        () -> mooring.api()
                                .get("/mooring/v1/operations?state=failed&cluster_id=" + cluster)
                                .jsonPath(),
                        found -> found.getInt("meta.total") == 1);
    }

    private static String online(Response created) {
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        String id = created.jsonPath().getString("database.id");
        mooring.awaitOnline(id);
        return id;
    }

    private static void delete(String id) {
        assertThat(mooring.api().delete("/v2/databases/" + id).statusCode()).isEqualTo(204);
    }

    private static void awaitNothingLeft() {
        Awaitility.await("no process and no folder left; log: " + mooring.log())
                .atMost(Duration.ofSeconds(60))
                .until(() ->
                        mooring.postmasters() == 0 && mooring.clusterFolders().isEmpty());
    }
}
