package dev.mooring.command.remote;

import dev.mooring.home.MooringHome;
import dev.mooring.process.SocketOwners;
import dev.mooring.process.SystemAccounts;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The Mooring that a command is for: that of {@code MOORING_URL} and {@code MOORING_TOKEN}, else the one on this machine's
 * home folder, which says where it listens.
 *
 * @param url without a slash at its end
 * @param token of the caller
 * @param ca certificates that are trusted besides the machine's own
 */
public record Installation(String url, String token, Optional<Path> ca) {

    /**
     * @throws Failure with what to set, when there is no address or no token
     */
    public static Installation configured(MooringHome home) throws Failure {
        String url = environment("MOORING_URL").orElse(null);
        Path address = home.address();
        try {
            if (url == null && Files.isReadable(address)) {
                url = Files.readString(address).strip();
                checkHolder(url, address);
            }
            if (url == null) {
                throw new Failure("no Mooring has been started on " + home.root()
                        + ": start one with   mooring up   or set MOORING_HOME, or MOORING_URL and MOORING_TOKEN");
            }
            Optional<String> token = environment("MOORING_TOKEN").or(() -> environment("MOORING_ADMIN_TOKEN"));
            if (token.isEmpty() && Files.isReadable(home.adminToken())) {
                token = Optional.of(Files.readString(home.adminToken()).strip());
            }
            String ownCa = environment("MOORING_CA")
                    .orElse(home.tls().resolve("ca.crt").toString());
            Path ca = Path.of(ownCa);
            return new Installation(
                    url.replaceFirst("/+$", ""),
                    token.orElseThrow(
                            () -> new Failure("no token: set MOORING_TOKEN, or run this as an account that may read "
                                    + home.adminToken())),
                    Files.isReadable(ca) ? Optional.of(ca) : Optional.empty());
        } catch (IOException e) {
            throw new Failure("cannot read what " + home.root() + " says of its Mooring: " + e.getMessage());
        }
    }

    /** The token goes there in plain text, and while Mooring is down any account of the machine may listen at its port. */
    private static void checkHolder(String url, Path address) throws IOException, Failure {
        URI uri = URI.create(url);
        if (!"http".equals(uri.getScheme()) || uri.getPort() < 0) {
            return;
        }
        InetSocketAddress there = new InetSocketAddress(uri.getHost(), uri.getPort());
        if (there.isUnresolved() || !there.getAddress().isLoopbackAddress()) {
            return;
        }
        int moorings = SystemAccounts.ownerOf(address);
        int own = SystemAccounts.own();
        try {
            SocketOwners.checkListener(there, account -> account == 0 || account == own || account == moorings);
        } catch (ConnectException e) {
            throw new Failure("no Mooring answers at " + url + " (" + e.getMessage()
                    + "): start it with   mooring up   or set MOORING_URL");
        }
    }

    private static Optional<String> environment(String name) {
        return Optional.ofNullable(System.getenv(name)).filter(value -> !value.isBlank());
    }
}
