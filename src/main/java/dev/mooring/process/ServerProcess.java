package dev.mooring.process;

import java.io.IOException;
import java.time.Duration;

/** A server that outlives Mooring and is found again by what lies in its folder. */
public interface ServerProcess {

    boolean alive();

    /** Whether its process is there and has been stopped, so that it does nothing; false where nobody can tell. */
    default boolean halted() {
        return false;
    }

    /** Whether it has come up since its process was started; where nobody can tell, whether that is there. */
    default boolean ready() {
        return alive();
    }

    /** One that stayed up this long can run: its next death is a new story. */
    default Duration settles() {
        return Duration.ofSeconds(3);
    }

    /** Starts it and returns once its process can be seen; does nothing when it runs already. Clients are let in later. */
    void start() throws IOException, InterruptedException;

    /** Makes it read its files again; does nothing when it does not run. */
    default void reload() throws IOException, InterruptedException {}

    /** Stops it in good order and waits until its process is gone; fine when it does not run. */
    void stop(Duration atMost) throws IOException, InterruptedException;

    /** Ends whatever is proved to work on its files still. */
    void fence() throws IOException, InterruptedException;

    /** Why the last start failed, in the server's words. */
    String startFailure();
}
