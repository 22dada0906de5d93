package dev.mooring.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mooring.process.postgres.session.SuperuserConnection;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.sql.SQLException;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ports of this machine that are held by one's own account, by another, and by nobody. */
@Timeout(60)
class SocketOwnersTest {

    private static final int STRANGER = 299_301;
    private static final IntPredicate OWN = account -> account == SystemAccounts.own();

    @BeforeEach
    void linux() {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "only Linux tells who holds a port");
    }

    private static void root() {
        assumeTrue("root".equals(System.getProperty("user.name")), "only root has a second account at hand");
    }

    private static InetSocketAddress here(int port) {
        return new InetSocketAddress("127.0.0.1", port);
    }

    private static void checkPeer(Socket socket) throws IOException {
        SocketOwners.checkPeer(
                (InetSocketAddress) socket.getLocalSocketAddress(),
                (InetSocketAddress) socket.getRemoteSocketAddress(),
                OWN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1", "0.0.0.0", "::"})
    void whatOnesOwnAccountHoldsIsTrusted(String address) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getByName(address));
                Socket client = new Socket(
                        server.getInetAddress().isAnyLocalAddress()
                                ? InetAddress.getByName("127.0.0.1")
                                : server.getInetAddress(),
                        server.getLocalPort())) {
            assertThatCode(() -> SocketOwners.checkListener((InetSocketAddress) client.getRemoteSocketAddress(), OWN))
                    .doesNotThrowAnyException();
            assertThatCode(() -> checkPeer(client)).as("in the queue").doesNotThrowAnyException();
            try (Socket accepted = server.accept()) {
                assertThat(accepted.getPort()).isEqualTo(client.getLocalPort());
                assertThatCode(() -> checkPeer(client)).as("accepted").doesNotThrowAnyException();
            }
        }
    }

    @Test
    void nobodyIsNotTrusted() throws Exception {
        ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        server.close();
        assertThatThrownBy(() -> SocketOwners.checkListener(here(server.getLocalPort()), OWN))
                .isInstanceOf(ConnectException.class)
                .hasMessage("nobody listens at port " + server.getLocalPort() + " any more");
    }

    @Test
    void anotherAccountIsNamed() throws Exception {
        root();
        try (Stranger stranger = Stranger.listening(STRANGER)) {
            String held = "port " + stranger.port() + " is held by the account " + STRANGER;
            assertThatThrownBy(() -> SocketOwners.checkListener(here(stranger.port()), OWN))
                    .isInstanceOf(ConnectException.class)
                    .hasMessageStartingWith(held);
            try (Socket socket = new Socket("127.0.0.1", stranger.port())) {
                assertThatThrownBy(() -> checkPeer(socket)).hasMessageStartingWith(held);
            }
        }
    }

    /** Else an app could have another's requests refused by listening beside it. */
    @Test
    void whoListensAtAnotherAddressOfTheSamePortDoesNotMatter() throws Exception {
        root();
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
            try (Stranger beside = Stranger.besides(STRANGER, server.getLocalPort())) {
                assertThatCode(() -> SocketOwners.checkListener(here(beside.port()), OWN))
                        .doesNotThrowAnyException();
            }
        }
    }

    @Test
    void whoHasAcceptedAndLeftThePortToItsOwnerSinceIsFound() throws Exception {
        root();
        try (Stranger stranger = Stranger.listening(STRANGER);
                Socket socket = new Socket("127.0.0.1", stranger.port())) {
            stranger.leavePort();
            try (ServerSocket owner = new ServerSocket(stranger.port(), 5, InetAddress.getByName("127.0.0.1"))) {
                assertThatCode(() -> SocketOwners.checkListener(here(owner.getLocalPort()), OWN))
                        .doesNotThrowAnyException();
                assertThatThrownBy(() -> checkPeer(socket)).hasMessageContaining("account " + STRANGER);
            }
        }
    }

    @Test
    void aSessionSaysNothingToAnotherAccount() throws Exception {
        root();
        try (Stranger stranger = Stranger.listening(STRANGER)) {
            assertThatThrownBy(() ->
                            SuperuserConnection.open("127.0.0.1", stranger.port(), "postgres", "only-mooring-knows"))
                    .isInstanceOf(SQLException.class)
                    .hasRootCauseMessage("port " + stranger.port() + " is held by the account " + STRANGER
                            + ", which is not whose it should be");
            assertThat(stranger.heard()).isEmpty();
        }
    }
}
