package dev.mooring.dboscloud;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.app.Apps;
import dev.mooring.app.record.App;
import dev.mooring.app.spec.Findings;
import dev.mooring.app.spec.SpecKey;
import dev.mooring.app.spec.SpecText;
import dev.mooring.app.spec.rule.SpecSecrets;
import dev.mooring.home.Vault;
import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Environment variables of an app whose code is uploaded: secrets of its spec, in force from the next deployment on. */
@ApplicationScoped
public class AppSecrets {

    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,127}");
    private static final int LONGEST = 32 * 1024;
    private static final String ENVS = "envs";

    private final UploadedApps apps;
    private final Vault vault;

    AppSecrets(UploadedApps apps, Vault vault) {
        this.apps = apps;
        this.vault = vault;
    }

    /** Sets one, in place of the one that had its name. Fails with 404 or 422. */
    public Uni<Void> set(String app, @Nullable String given, @Nullable String value) {
        Problems problems = new Problems();
        problems.check(
                given != null && NAME.matcher(given).matches() && !given.startsWith("DBOS__"),
                "SecretName",
                "must have letters, digits and underscores, not begin with a digit, and not begin with DBOS__");
        problems.check(
                value != null && !value.isEmpty() && value.length() <= LONGEST && value.indexOf('\0') < 0,
                "ClearSecretValue",
                "must have 1 to " + LONGEST + " characters");
        String name = problems.whole(given);
        return apps.change(app, row -> {
            ObjectNode spec = (ObjectNode) Apps.stored(row);
            ArrayNode envs = spec.withArray(ENVS);
            remove(envs, name);
            envs.addObject()
                    .put("key", name)
                    .put("value", value)
                    .put("scope", "RUN_AND_BUILD_TIME")
                    .put("type", "SECRET");
            Findings findings = new Findings();
            new SpecSecrets(SpecKey.of(vault.unseal(row.specKey)), null).encrypt(spec, findings);
            if (!findings.errors().isEmpty()) {
                throw ApiException.unprocessable("ClearSecretValue: must not look like an encrypted value");
            }
            row.spec = SpecText.toJson(spec);
            return Uni.createFrom().voidItem();
        });
    }

    /** Their names, never their values. Fails with 404. */
    public Uni<List<String>> names(String app) {
        return apps.change(app, row -> {
            List<String> names = new ArrayList<>();
            Apps.stored(row).path(ENVS).forEach(env -> names.add(env.path("key").asText()));
            return Uni.createFrom().item(names);
        });
    }

    /** Fails with 404 also for a name that is not there. */
    public Uni<Void> delete(String app, String name) {
        Function<App, Uni<Void>> change = row -> {
            ObjectNode spec = (ObjectNode) Apps.stored(row);
            if (!remove(spec.withArray(ENVS), name)) {
                throw ApiException.notFound("secret " + name + " not found");
            }
            row.spec = SpecText.toJson(spec);
            return Uni.createFrom().voidItem();
        };
        return apps.change(app, change);
    }

    private static boolean remove(ArrayNode envs, String name) {
        for (int i = 0; i < envs.size(); i++) {
            JsonNode env = envs.get(i);
            if (name.equals(env.path("key").asText())) {
                envs.remove(i);
                return true;
            }
        }
        return false;
    }
}
