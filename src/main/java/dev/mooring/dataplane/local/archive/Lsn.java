package dev.mooring.dataplane.local.archive;

import org.postgresql.replication.LogSequenceNumber;

/** Positions in the WAL as PostgreSQL writes them, such as {@code 0/16B3748}. */
public final class Lsn {

    private Lsn() {}

    public static String text(long position) {
        return LogSequenceNumber.valueOf(position).asString();
    }

    public static long parse(String text) {
        return LogSequenceNumber.valueOf(text).asLong();
    }
}
