package dev.mooring.app.spec.rule;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The values that the platform gives to variables: of the app, of its components, of its databases. */
public final class Bindings {

    private final Map<String, Map<String, String>> always = new HashMap<>();
    private final Map<String, Map<String, String>> atRunTime = new HashMap<>();

    /** @param component null for the app itself */
    public Bindings put(@Nullable String component, String name, String value) {
        always.computeIfAbsent(component, key -> new HashMap<>()).putIfAbsent(name, value);
        return this;
    }

    /** One that is not there while components are built. */
    public Bindings putAtRunTime(String component, String name, String value) {
        atRunTime.computeIfAbsent(component, key -> new HashMap<>()).putIfAbsent(name, value);
        return this;
    }

    private Bindings authority(String component, @Nullable String ca) {
        return ca == null ? this : putAtRunTime(component, "CA_CERT", ca);
    }

    @Nullable
    String get(@Nullable String component, String name, boolean build) {
        String value = always.getOrDefault(component, Map.of()).get(name);
        return value != null || build
                ? value
                : atRunTime.getOrDefault(component, Map.of()).get(name);
    }

    /** What a connection pool of a database is called here; no component's name has a dot. */
    public static String pool(@Nullable String component, String pool) {
        return component + "." + pool;
    }

    /** Where a Kafka cluster begins, and the credentials. */
    public Bindings kafka(String component, String host, int port, String user, String password, @Nullable String ca) {
        return putAtRunTime(component, "HOSTNAME", host)
                .putAtRunTime(component, "PORT", Integer.toString(port))
                .putAtRunTime(component, "USERNAME", user)
                .putAtRunTime(component, "PASSWORD", password)
                .authority(component, ca);
    }

    /** The address and the credentials of a PostgreSQL database. */
    public Bindings database(
            String component,
            String host,
            int port,
            String user,
            String password,
            String database,
            @Nullable String ca) {
        String address = host + ":" + port + "/" + database + "?sslmode=require";
        // Passwords that their owners chose may hold what means something in a URL.
        String encoded = URLEncoder.encode(password, StandardCharsets.UTF_8).replace("+", "%20");
        String url = "postgresql://" + user + ":" + encoded + "@" + address;
        return putAtRunTime(component, "HOSTNAME", host)
                .putAtRunTime(component, "PORT", Integer.toString(port))
                .putAtRunTime(component, "USERNAME", user)
                .putAtRunTime(component, "PASSWORD", password)
                .putAtRunTime(component, "DATABASE", database)
                .putAtRunTime(component, "DATABASE_URL", url)
                .putAtRunTime(component, "DATABASE_PRIVATE_URL", url)
                .putAtRunTime(component, "JDBC_DATABASE_URL", "jdbc:postgresql://" + address)
                .authority(component, ca);
    }
}
