package dev.mooring.process.postgres.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Somebody who has taken the port of a server that is down. The messages are those of PostgreSQL's protocol, version 3. */
class SaslOnlyTest {

    private static final String PASSWORD = "only-mooring-knows";
    private static final String USER = "postgres";

    /** Asks for the password, and keeps all that it is told. */
    private static byte[] told(ServerSocket port, int request, byte[] salt) throws IOException {
        try (Socket client = port.accept()) {
            DataInputStream in = new DataInputStream(client.getInputStream());
            byte[] startup = in.readNBytes(in.readInt() - Integer.BYTES);
            assertThat(new String(startup, StandardCharsets.UTF_8)).contains(USER);
            DataOutputStream out = new DataOutputStream(client.getOutputStream());
            out.writeByte('R');
            out.writeInt(2 * Integer.BYTES + salt.length);
            out.writeInt(request);
            out.write(salt);
            out.flush();
            ByteArrayOutputStream heard = new ByteArrayOutputStream();
            in.transferTo(heard);
            return heard.toByteArray();
        }
    }

    @ParameterizedTest
    @CsvSource({"3, 0", "5, 4"})
    void whoAsksForThePasswordInPlainTextOrAsMd5IsToldNothing(int request, int salt) throws Exception {
        try (ServerSocket port = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletableFuture<byte[]> told = CompletableFuture.supplyAsync(() -> {
                try {
                    return told(port, request, new byte[salt]);
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });

            assertThatThrownBy(() -> SuperuserConnection.open(
                            port.getInetAddress().getHostAddress(), port.getLocalPort(), "postgres", PASSWORD))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("in a form that gives it away");

            // At most that it goes.
            assertThat(told.get()).isIn(new byte[0], new byte[] {'X', 0, 0, 0, 4});
        }
    }
}
