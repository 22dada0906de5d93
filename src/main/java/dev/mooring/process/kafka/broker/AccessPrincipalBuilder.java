package dev.mooring.process.kafka.broker;

import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.security.auth.AuthenticationContext;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SslAuthenticationContext;
import org.jspecify.annotations.Nullable;

/** Says which user has a client's certificate. A session whose certificate was taken away ends with its next request. */
public class AccessPrincipalBuilder extends TrustedPrincipalBuilder {

    private @Nullable AccessCertificates certificates;

    @Override
    public void configure(Map<String, ?> settings) {
        super.configure(settings);
        certificates = new AccessCertificates(settings);
    }

    @Override
    protected KafkaPrincipal user(AuthenticationContext context) {
        try {
            return Objects.requireNonNull(certificates, "configure comes first")
                    .user(((SslAuthenticationContext) context).session().getPeerCertificates()[0])
                    .map(user -> new KafkaPrincipal(KafkaPrincipal.USER_TYPE, user))
                    .orElseThrow(() -> new AuthenticationException("not the certificate of a user any more"));
        } catch (SSLPeerUnverifiedException e) {
            throw new AuthenticationException("no certificate", e);
        }
    }
}
