package dev.mooring.dataplane.memory;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.engine.Engine;
import dev.mooring.engine.Plan;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** An engine that nobody above {@code engine/} was told of. Its versions are no numbers: 3.9 comes before 3.10. */
@ApplicationScoped
class ToyEngine implements Engine {

    static final String SLUG = "toy";
    static final Plan SMALL = new Plan("toy-small", 1, 256, 1024);

    @Override
    public String slug() {
        return SLUG;
    }

    @Override
    public String name() {
        return "Toy";
    }

    @Override
    public Comparator<String> versions() {
        return Comparator.comparing((String version) -> Integer.valueOf(version.split("\\.")[0]))
                .thenComparing(version -> Integer.valueOf(version.split("\\.")[1]));
    }

    @Override
    public String defaultVersion() {
        return "3.9";
    }

    @Override
    public String endOfLife(String version) {
        return null;
    }

    @Override
    public List<Plan> plans() {
        return List.of(SMALL);
    }

    @Override
    public String firstUser() {
        return "toyadmin";
    }

    @Override
    public String firstDatabase() {
        return "toybox";
    }

    @Override
    public Connection connection(Login login) {
        return new Connection(
                "toy",
                "toy://" + login.user() + ":" + Objects.requireNonNullElse(login.password(), "") + "@" + login.host()
                        + ":" + login.port());
    }

    @Override
    public Map<String, String> parameters(ObjectNode config, Plan plan) {
        return Map.of();
    }
}
