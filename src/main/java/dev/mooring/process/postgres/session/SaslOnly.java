package dev.mooring.process.postgres.session;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Properties;
import org.postgresql.PGProperty;
import org.postgresql.plugin.AuthenticationPlugin;
import org.postgresql.plugin.AuthenticationRequestType;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;

/**
 * Gives the driver a session's password for SCRAM alone, which never sends it. Whoever takes a server's port while that is down, such as an app
 * of this machine, would otherwise ask for it in plain text and be told.
 */
@RegisterForReflection
public final class SaslOnly implements AuthenticationPlugin {

    private final Properties session;

    /** @param session as the driver has it */
    public SaslOnly(Properties session) {
        this.session = session;
    }

    /** Has the driver ask here. */
    public static void require(Properties session) {
        PGProperty.AUTHENTICATION_PLUGIN_CLASS_NAME.set(session, SaslOnly.class.getName());
    }

    /** The same as a parameter of a URL. */
    public static String parameter() {
        return PGProperty.AUTHENTICATION_PLUGIN_CLASS_NAME.getName() + "=" + SaslOnly.class.getName();
    }

    @Override
    public char[] getPassword(AuthenticationRequestType type) throws PSQLException {
        if (type != AuthenticationRequestType.SASL) {
            throw new PSQLException(
                    "who answers there asks for the password in a form that gives it away (" + type
                            + "): it is no server of Mooring's",
                    PSQLState.CONNECTION_REJECTED);
        }
        // The driver wipes what it was given.
        return PGProperty.PASSWORD.getOrDefault(session).toCharArray();
    }
}
