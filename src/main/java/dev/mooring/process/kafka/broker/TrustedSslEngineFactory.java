package dev.mooring.process.kafka.broker;

import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLEngine;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;
import org.jspecify.annotations.Nullable;

/** Hangs up on clients that no trusted source names: before a byte of TLS, and as soon as they are not named any more. */
public class TrustedSslEngineFactory extends DefaultSslEngineFactory {

    private @Nullable TrustedSources sources;

    @Override
    public void configure(Map<String, ?> settings) {
        super.configure(settings);
        sources = new TrustedSources(settings);
    }

    /**
     * @param peerHost the client's address: the broker looks up no names
     */
    @Override
    public final SSLEngine createServerSslEngine(String peerHost, int peerPort) {
        TrustedSources trusted = Objects.requireNonNull(sources, "configure comes first");
        if (!trusted.trusts(peerHost)) {
            throw new KafkaException("not a trusted source");
        }
        SSLEngine engine = newServerEngine(peerHost, peerPort);
        return new ConfinedSslEngine(engine, () -> trusted.trusts(peerHost) && allowed(engine));
    }

    /** Whether who is trusted may go on, asked for each of TLS's records. */
    protected boolean allowed(SSLEngine engine) {
        return true;
    }

    /** For who is trusted. */
    protected SSLEngine newServerEngine(String peerHost, int peerPort) {
        return super.createServerSslEngine(peerHost, peerPort);
    }
}
