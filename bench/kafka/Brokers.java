import java.util.Properties;

/** One broker or several, from whomever. */
interface Brokers extends AutoCloseable {

    /** What a client needs to log in. */
    Properties client();

    /** Counted from 1. */
    long pid(int broker) throws Exception;

    /** Called when the broker has been killed. */
    void revive() throws Exception;

    @Override
    void close() throws Exception;
}
