package dev.mooring.start;

import dev.mooring.home.MooringHome;
import dev.mooring.start.listen.Listening;
import io.quarkus.vertx.http.HttpServerStart;
import io.quarkus.vertx.http.HttpsServerStart;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.ObservesAsync;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/** Tells whoever started Mooring where it is and what to do next. */
@ApplicationScoped
class Greeting {

    private static final Logger LOG = Logger.getLogger(Greeting.class);

    private final MooringHome home;
    private final Listening listening = Listening.configured();
    private final boolean ownToken;
    private final int sslPort;
    private final String host;
    private final Clock clock;

    Greeting(
            MooringHome home,
            @ConfigProperty(name = "mooring.admin.token") Optional<String> configuredToken,
            @ConfigProperty(name = "quarkus.http.ssl-port") int sslPort,
            @ConfigProperty(name = "mooring.local.hostname", defaultValue = "localhost") String host,
            Clock clock) {
        this.home = home;
        this.ownToken = configuredToken.isPresent();
        this.sslPort = sslPort;
        this.host = host;
        this.clock = clock;
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

    /** Since the process was started; empty where the machine does not tell. */
    private String seconds() {
        return ProcessHandle.current()
                .info()
                .startInstant()
                .map(start -> " after %.1f s"
                        .formatted(Duration.between(start, clock.instant()).toMillis() / 1000.0))
                .orElse("");
    }

    private void greet(String http, String https, String url) {
        try {
            MooringHome.write(home.address(), url, "rw-r--r--");
        } catch (IOException e) {
            LOG.warnf("commands on this machine have to be told where Mooring is: %s", e.getMessage());
        }
        String token = ownToken ? "$MOORING_ADMIN_TOKEN" : "$(cat " + home.adminToken() + ")";
        System.out.printf(
                """
                Mooring is ready%s: %s%s, its API at %s/q/openapi
                The administrator's token %s; ./mooring console prints a link for the browser

                  export DIGITALOCEAN_API_URL=%s DIGITALOCEAN_ACCESS_TOKEN="%s"
                  curl -H "Authorization: Bearer $DIGITALOCEAN_ACCESS_TOKEN" $DIGITALOCEAN_API_URL/v2/databases \\
                    -d '{"name":"first","engine":"pg","num_nodes":1,"size":"db-s-1vcpu-1gb","region":"nyc1"}'
                  psql "postgresql://doadmin:...@%s:..."     # the answer's database.connection.uri
                %n""",
                seconds(),
                http,
                https,
                url,
                ownToken ? "is the one that you have set" : "is in " + home.adminToken(),
                url,
                token,
                host);
    }
}
