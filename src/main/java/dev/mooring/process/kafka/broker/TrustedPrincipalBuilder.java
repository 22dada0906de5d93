package dev.mooring.process.kafka.broker;

import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.common.Configurable;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.security.auth.AuthenticationContext;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.KafkaPrincipalBuilder;
import org.apache.kafka.common.security.auth.KafkaPrincipalSerde;
import org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder;
import org.apache.kafka.common.security.ssl.SslPrincipalMapper;
import org.jspecify.annotations.Nullable;

/**
 * Says who a client is, as the broker itself does. It is asked for every request, so a session whose client is no trusted source
 * any more ends with the first one that it makes.
 */
public class TrustedPrincipalBuilder implements KafkaPrincipalBuilder, KafkaPrincipalSerde, Configurable {

    private final DefaultKafkaPrincipalBuilder names =
            new DefaultKafkaPrincipalBuilder(null, SslPrincipalMapper.fromRules("DEFAULT"));
    private @Nullable TrustedSources sources;
    private Set<String> own = Set.of();

    @Override
    public void configure(Map<String, ?> settings) {
        sources = new TrustedSources(settings);
        own = ConfinedAuthorizer.ownPrincipals(settings);
    }

    @Override
    public KafkaPrincipal build(AuthenticationContext context) {
        if (!Objects.requireNonNull(sources, "configure comes first").trusts(context.clientAddress())) {
            throw new AuthenticationException("not a trusted source any more");
        }
        KafkaPrincipal user = user(context);
        // An administrator makes users of any name: none of them is Mooring or a broker, who come in by other
        // listeners.
        if (own.contains(user.toString())) {
            throw new AuthenticationException("the name is not a user's");
        }
        return user;
    }

    /** Who somebody is whom a trusted source names. */
    protected KafkaPrincipal user(AuthenticationContext context) {
        return names.build(context);
    }

    @Override
    public byte[] serialize(KafkaPrincipal principal) {
        return names.serialize(principal);
    }

    @Override
    public KafkaPrincipal deserialize(byte[] bytes) {
        return names.deserialize(bytes);
    }
}
