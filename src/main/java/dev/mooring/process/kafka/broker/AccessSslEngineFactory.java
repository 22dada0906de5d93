package dev.mooring.process.kafka.broker;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/** Lets in who shows the certificate of one of the cluster's users, for as long as it is one; the handshake fails for everybody else. */
public class AccessSslEngineFactory extends TrustedSslEngineFactory {

    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

    private @Nullable SSLContext context;
    private @Nullable AccessCertificates certificates;

    @Override
    public void configure(Map<String, ?> settings) {
        super.configure(settings);
        try {
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(keystore(), null);
            SSLContext made = SSLContext.getInstance("TLS");
            AccessCertificates known = new AccessCertificates(settings);
            made.init(keys.getKeyManagers(), new TrustManager[] {new OwnUsers(known)}, null);
            context = made;
            certificates = known;
        } catch (GeneralSecurityException e) {
            throw new KafkaException("the listener for certificates cannot be set up", e);
        }
    }

    @Override
    protected SSLEngine newServerEngine(String peerHost, int peerPort) {
        SSLEngine engine =
                Objects.requireNonNull(context, "configure comes first").createSSLEngine(peerHost, peerPort);
        engine.setUseClientMode(false);
        engine.setNeedClientAuth(true);
        engine.setEnabledProtocols(PROTOCOLS);
        return engine;
    }

    @Override
    protected boolean allowed(SSLEngine engine) {
        try {
            return Objects.requireNonNull(certificates, "configure comes first")
                    .user(engine.getSession().getPeerCertificates()[0])
                    .isPresent();
        } catch (SSLPeerUnverifiedException e) {
            // The handshake, which proves it first.
            return engine.getHandshakeStatus() != SSLEngineResult.HandshakeStatus.NOT_HANDSHAKING;
        }
    }

    /** That the client has the key is TLS's own to prove. */
    private static final class OwnUsers extends X509ExtendedTrustManager {

        private final AccessCertificates certificates;

        OwnUsers(AccessCertificates certificates) {
            this.certificates = certificates;
        }

        private void check(X509Certificate @Nullable [] chain) throws CertificateException {
            if (chain == null
                    || chain.length == 0
                    || certificates.user(chain[0]).isEmpty()) {
                throw new CertificateException("not the certificate of a user of this cluster");
            }
            chain[0].checkValidity();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            throw new CertificateException("this is a server");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            throw new CertificateException("this is a server");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            throw new CertificateException("this is a server");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
