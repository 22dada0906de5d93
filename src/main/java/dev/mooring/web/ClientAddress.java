package dev.mooring.web;

import io.netty.util.NetUtil;
import io.quarkus.runtime.Startup;
import io.vertx.core.http.HttpServerRequest;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Where a request comes from: the other end of its connection. Behind a proxy that a setting trusts it is what that proxy says,
 * and of {@code X-Forwarded-For} only what trusted ones have added at its end: the front of it is whatever a client likes.
 */
@Startup
@ApplicationScoped
public class ClientAddress {

    private static final String FORWARDED = "x-forwarded-for";
    private static final int MOST_HOPS = 32;

    private final List<Network> trusted;

    ClientAddress(@ConfigProperty(name = "mooring.trusted.proxies") Optional<List<String>> trusted) {
        this.trusted = trusted.orElse(List.of()).stream().map(Network::parse).toList();
    }

    public String of(HttpServerRequest request) {
        String peer =
                request.remoteAddress() == null ? null : request.remoteAddress().hostAddress();
        return of(peer == null ? "unknown" : peer, request.headers().getAll(FORWARDED));
    }

    String of(String peer, List<String> forwarded) {
        String address = peer;
        List<String> hops = Arrays.asList(String.join(",", forwarded).split(","));
        for (int i = hops.size() - 1; i >= Math.max(0, hops.size() - MOST_HOPS) && trusts(address); i--) {
            String hop = hops.get(i).strip();
            if (NetUtil.createByteArrayFromIpAddressString(hop) == null) {
                break;
            }
            address = hop;
        }
        return address;
    }

    /** Whether it is a proxy that a setting trusts. */
    public boolean trusts(String address) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(address);
        return bytes != null && trusted.stream().anyMatch(network -> network.has(bytes));
    }

    private record Network(byte[] address, int prefix) {

        static Network parse(String text) {
            String[] parts = text.strip().split("/", 2);
            byte[] address = NetUtil.createByteArrayFromIpAddressString(parts[0]);
            int bits = address == null ? 0 : address.length * Byte.SIZE;
            boolean given = parts.length == 2;
            if (address == null || given && (!parts[1].matches("\\d{1,3}") || Integer.parseInt(parts[1]) > bits)) {
                throw new IllegalArgumentException("MOORING_TRUSTED_PROXIES must be addresses and networks such as"
                        + " 10.0.0.0/8, separated by commas, not " + text);
            }
            return new Network(address, given ? Integer.parseInt(parts[1]) : bits);
        }

        boolean has(byte[] other) {
            if (other.length != address.length) {
                return false;
            }
            for (int bit = 0; bit < prefix; bit++) {
                int mask = 0x80 >> bit % Byte.SIZE;
                if ((address[bit / Byte.SIZE] & mask) != (other[bit / Byte.SIZE] & mask)) {
                    return false;
                }
            }
            return true;
        }
    }
}
