package dev.mooring.home;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Optional;

/** Certificates of one kind, which Mooring renews by itself. */
public interface RenewableCertificates {

    /** What they are for, as health and metrics call it. */
    String kind();

    /**
     * Renews those that are due at that time and puts them in force, without a restart wherever the server can take them while it runs.
     *
     * @throws IOException naming those that could not be renewed; the others have been
     */
    void renew(Instant now) throws IOException, GeneralSecurityException, InterruptedException;

    /** When the first of them ends; empty when there are none. */
    Optional<Instant> firstEnd() throws IOException, GeneralSecurityException;
}
