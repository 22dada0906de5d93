package dev.mooring.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.process.kafka.BrokerProcess;
import dev.mooring.start.walk.SmallDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A broker whose data lie on a small disk of their own. Nobody may look after it while that is changed. */
record FullBroker(BrokerProcess broker, SmallDisk disk) implements AutoCloseable {

    /** Ends the broker and moves what it has; empty where nothing can be mounted. */
    static Optional<FullBroker> moved(BrokerProcess broker, Path scratch) throws Exception {
        Path data = broker.files().data();
        Path kept = scratch.resolve("kept");
        broker.fence();
        assertThat(SmallDisk.run("cp", "-a", data.toString(), kept.toString())).isTrue();
        Optional<SmallDisk> disk = SmallDisk.mount(data, "128m");
        if (disk.isPresent()) {
            assertThat(SmallDisk.run("cp", "-a", kept + "/.", data.toString())).isTrue();
            assertThat(SmallDisk.run("chown", "--reference=" + kept, data.toString()))
                    .isTrue();
            assertThat(SmallDisk.run("chmod", "--reference=" + kept, data.toString()))
                    .isTrue();
        }
        return disk.map(mounted -> new FullBroker(broker, mounted));
    }

    /** The file that takes what was left. */
    Path fill() throws Exception {
        Path filler = disk.fill(0);
        assertThat(Files.exists(filler)).isTrue();
        return filler;
    }

    @Override
    public void close() throws Exception {
        broker.fence();
        disk.close();
    }
}
