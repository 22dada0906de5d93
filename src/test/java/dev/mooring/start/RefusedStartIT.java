package dev.mooring.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.MooringProcess;
import dev.mooring.support.TestGround;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What is wrong is told in a few lines, all of it, and the machine is as it was. */
class RefusedStartIT {

    @Test
    void everyWrongSettingIsToldBeforeAnythingIsMade() throws Exception {
        try (MooringProcess mooring = new MooringProcess("abc")) {
            assertThat(refusal(mooring.set("MOORING_ARCHIVE_GRACE", "7days")
                            .set("MOORING_RATE_LIMIT_HOURLY", "many")
                            .set("MOORING_APPS_RUNTIME", "docker")))
                    .containsExactly(
                            "Mooring cannot start: 4 settings are wrong",
                            "  MOORING_APPS_RUNTIME=docker must be none, local or kubernetes",
                            "  MOORING_ARCHIVE_GRACE=7days must be a duration such as 500ms, 10s, 12h, 7D or P7D",
                            "  MOORING_LOCAL_PORTS=abc must be the first and the last port, joined by a dash, such as"
                                    + " 25060-25999, from 1 to 65535",
                            "  MOORING_RATE_LIMIT_HOURLY=many must be a whole number, 1 or more");
            assertThat(mooring.home().root()).doesNotExist();
        }
    }

    @Test
    void aTakenPortIsToldBeforeAnythingIsMade() throws Exception {
        try (MooringProcess mooring = new MooringProcess("28950-28999");
                ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            mooring.set("QUARKUS_HTTP_PORT", Integer.toString(other.getLocalPort()));
            assertThat(refusal(mooring))
                    .singleElement()
                    .asString()
                    .startsWith("Mooring cannot start: QUARKUS_HTTP_PORT=" + other.getLocalPort() + " ");
            assertThat(mooring.home().root()).doesNotExist();
        }
    }

    /** What fails later than that, here for want of a server for its own rows, takes back what it has made. */
    @Test
    void aFirstStartThatFailsLeavesNothingBehind() throws Exception {
        try (MooringProcess mooring = new MooringProcess("28950-28999")) {
            mooring.set("QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://127.0.0.1:1/mooring");
            assertThat(refusal(mooring)).singleElement().asString().contains("MOORING_ENCRYPTION_KEY must be set");
            assertThat(mooring.home().root()).doesNotExist();
        }
    }

    private static List<String> refusal(MooringProcess mooring) throws Exception {
        Path log = TestGround.newFolder().resolve("log");
        Process process = mooring.launch(log);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(1);
        return Files.readAllLines(log);
    }
}
