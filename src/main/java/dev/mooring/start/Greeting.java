package dev.mooring.start;

import dev.mooring.home.MooringHome;
import io.quarkus.vertx.http.HttpServerStart;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.ObservesAsync;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Tells whoever started Mooring where it is and what to do next. */
@ApplicationScoped
class Greeting {

    private final MooringHome home;
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
        String token = ownToken ? "$MOORING_ADMIN_TOKEN" : "$(cat " + home.adminToken() + ")";
        String https = Ground.https()
                ? " and https://" + host + ":" + sslPort + " (CA: " + home.tls().resolve("ca.crt") + ")"
                : "";
        System.out.printf(
                """
                Mooring is ready: %s%s, its API at %s/q/openapi
                The administrator's token %s

                  export DIGITALOCEAN_API_URL=%s DIGITALOCEAN_ACCESS_TOKEN="%s"
                  curl -H "Authorization: Bearer $DIGITALOCEAN_ACCESS_TOKEN" $DIGITALOCEAN_API_URL/v2/databases \\
                    -d '{"name":"first","engine":"pg","num_nodes":1,"size":"db-s-1vcpu-1gb","region":"nyc1"}'
                  psql "postgresql://doadmin:...@%s:..."     # the answer's database.connection.uri
                %n""",
                url,
                https,
                url,
                ownToken ? "is the one that you have set" : "is in " + home.adminToken(),
                url,
                token,
                host);
    }
}
