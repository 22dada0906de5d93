package dev.mooring.process.kafka.broker;

import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLEngine;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;
import org.jspecify.annotations.Nullable;

/** Hangs up on clients that no trusted source names, before a byte of TLS. */
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
        if (!Objects.requireNonNull(sources, "configure comes first").trusts(peerHost)) {
            throw new KafkaException("not a trusted source");
        }
        return newServerEngine(peerHost, peerPort);
    }

    /** For who is trusted. */
    protected SSLEngine newServerEngine(String peerHost, int peerPort) {
        return super.createServerSslEngine(peerHost, peerPort);
    }
}
