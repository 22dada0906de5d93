package dev.mooring.dataplane;

import org.jspecify.annotations.Nullable;

/**
 * Sessions of clients that come from the same address as the same user and use the same database.
 *
 * @param address an IPv4 or IPv6 address, without a prefix
 * @param count how many there are
 * @param trusted whether they could stay if only the networks that were asked about might connect
 */
public record ClientSessions(
        @Nullable String address,
        @Nullable String user,
        @Nullable String database,
        int count,
        boolean trusted) {}
