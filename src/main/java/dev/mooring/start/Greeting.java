package dev.mooring.start;

import dev.mooring.home.MooringHome;
import io.quarkus.vertx.http.HttpServerStart;
import io.quarkus.vertx.http.HttpsServerStart;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.ObservesAsync;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Tells whoever started Mooring where it is and what to do next. */
@ApplicationScoped
class Greeting {

    private final MooringHome home;
    private final Listening listening = Listening.configured();
    private final boolean ownToken;
    private final int sslPort;
    private final String host;

    Greeting(
            MooringHome home,
            @ConfigProperty(name = "mooring.admin.token") Optional<String> configuredToken,
            @ConfigProperty(name = "quarkus.http.ssl-port") int sslPort,
            @ConfigProperty(name = "mooring.local.hostname", defaultValue = "localhost") String host) {
        this.home = home;
        this.ownToken = configuredToken.isPresent();
        this.sslPort = sslPort;
        this.host = host;
    }

    void ready(@ObservesAsync HttpServerStart event) {
        String url = "http://" + host + ":" + event.options().getPort();
        greet(url, listening.https() ? " and " + https(sslPort) : "", url);
    }

    /** Where there is no plain http. */
    void ready(@ObservesAsync HttpsServerStart event) {
        if (!listening.http()) {
            int port = event.options().getPort();
            greet("", https(port), "https://" + host + ":" + port);
        }
    }

    private String https(int port) {
        return "https://" + host + ":" + port + " (CA: " + home.tls().resolve("ca.crt") + ")";
    }

    private void greet(String http, String https, String url) {
        String token = ownToken ? "$MOORING_ADMIN_TOKEN" : "$(cat " + home.adminToken() + ")";
        System.out.printf(
                """
                Mooring is ready: %s%s, its API at %s/q/openapi
                The administrator's token %s

                  export DIGITALOCEAN_API_URL=%s DIGITALOCEAN_ACCESS_TOKEN="%s"
                  curl -H "Authorization: Bearer $DIGITALOCEAN_ACCESS_TOKEN" $DIGITALOCEAN_API_URL/v2/databases \\
                    -d '{"name":"first","engine":"pg","num_nodes":1,"size":"db-s-1vcpu-1gb","region":"nyc1"}'
                  psql "postgresql://doadmin:...@%s:..."     # the answer's database.connection.uri
                %n""",
                http,
                https,
                url,
                ownToken ? "is the one that you have set" : "is in " + home.adminToken(),
                url,
                token,
                host);
    }
}
