package dev.mooring.support;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** Looks at the certificates that servers show; to PostgreSQL's there is a way of its own into TLS. */
public final class Certificates {

    private static final int SSL_REQUEST = 80877103;

    private Certificates() {}

    public static List<String> names(String host, int port) {
        try {
            return ofServer(host, port).getSubjectAlternativeNames().stream()
                    .map(name -> String.valueOf(name.get(1)))
                    .toList();
        } catch (CertificateParsingException e) {
            throw new IllegalStateException(e);
        }
    }

    public static X509Certificate ofServer(String host, int port) {
        try (Socket socket = new Socket(host, port)) {
            OutputStream out = socket.getOutputStream();
            out.write(ByteBuffer.allocate(8).putInt(8).putInt(SSL_REQUEST).array());
            InputStream in = socket.getInputStream();
            if (in.read() != 'S') {
                throw new IllegalStateException("no TLS");
            }
            return shown(socket, host, port);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Of what speaks TLS from the first byte on. */
    public static X509Certificate ofEndpoint(String host, int port) {
        try (Socket socket = new Socket(host, port)) {
            return shown(socket, host, port);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static X509Certificate shown(Socket socket, String host, int port) throws Exception {
        try (SSLSocket tls = (SSLSocket) unverified().getSocketFactory().createSocket(socket, host, port, false)) {
            tls.startHandshake();
            return (X509Certificate) tls.getSession().getPeerCertificates()[0];
        }
    }

    /** Believes whatever is shown: for who asks about something else. */
    public static SSLContext unverified() throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new LookOnly()}, null);
        return context;
    }

    private static final class LookOnly implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
