package dev.mooring.dataplane.local.kafka.broker;

import dev.mooring.process.ServerProcess;
import dev.mooring.process.kafka.BrokerProcess;
import java.io.IOException;
import java.time.Duration;

/** A broker that is started again whenever it has ended, with a new folder where the one that it had is lost. */
record KeptBroker(BrokerProcess process, LostBroker broker) implements ServerProcess {

    @Override
    public void start() throws IOException, InterruptedException {
        if (broker.lost()) {
            broker.startAnew();
        } else {
            process.start();
        }
    }

    @Override
    public boolean alive() {
        return process.alive();
    }

    @Override
    public boolean halted() {
        return process.halted();
    }

    @Override
    public Duration settles() {
        return process.settles();
    }

    @Override
    public void stop(Duration atMost) throws IOException, InterruptedException {
        process.stop(atMost);
    }

    @Override
    public void fence() throws IOException, InterruptedException {
        process.fence();
    }

    @Override
    public String startFailure() {
        return process.startFailure();
    }
}
