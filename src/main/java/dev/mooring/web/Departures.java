package dev.mooring.web;

import io.quarkus.logging.LoggingFilter;
import java.io.IOException;
import java.util.logging.Filter;
import java.util.logging.LogRecord;

/**
 * Keeps out of the log what libraries say when a client leaves in the middle of an answer, such as a browser whose page with news is
 * closed: nobody has anything to mend then. Where the same loggers tell of anything else, it is written.
 */
@LoggingFilter(name = "departures")
public final class Departures implements Filter {

    private static final String STREAMS = "org.jboss.resteasy.reactive.server.handlers.PublisherResponseHandler";
    /** It tells of the failure of a write that has failed already, with what it had failed with. */
    private static final String WRITES = "io.netty.channel.AbstractChannelHandlerContext";

    private static final String TWICE = "Failed to mark a promise as failure because it has failed already";

    @Override
    public boolean isLoggable(LogRecord entry) {
        if (STREAMS.equals(entry.getLoggerName())) {
            // Reading and writing is what fails so; whatever a stream itself fails with has another class.
            return !(entry.getThrown() instanceof IOException);
        }
        return !(WRITES.equals(entry.getLoggerName())
                && entry.getMessage() != null
                && entry.getMessage().startsWith(TWICE));
    }
}
