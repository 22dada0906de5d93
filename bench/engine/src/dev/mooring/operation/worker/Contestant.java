package dev.mooring.operation.worker;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;

/** A job table with its workers. Between the calls none of them works. */
interface Contestant extends AutoCloseable {

    String name();

    /** Empties the table and fills it with no-ops that are due at the given time. */
    void fill(Connection connection, int jobs, Instant due) throws SQLException;

    /**
     * Does all jobs of a full table, as fast as it can, once they are due.
     *
     * @return from the start of the first to the end of the last
     */
    Duration drain(Connection connection, int jobs, Instant due) throws Exception;

    /**
     * Queues one no-op after the other at an even rate, each by the contestant's own way of queueing.
     *
     * @return nanoseconds from the call that queues a job to the job's start
     */
    long[] trickle(Connection connection, int perSecond, int jobs) throws Exception;

    /** Finds a row when there is a job that has not ended. */
    String unfinished();

    /** What a fast machine needs less than a millisecond for is asked again and again. */
    default void awaitEnd(Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(unfinished())) {
            boolean found;
            do {
                try (ResultSet rows = select.executeQuery()) {
                    found = rows.next();
                }
            } while (found);
        }
    }

    @Override
    void close() throws IOException;
}
