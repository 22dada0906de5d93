package dev.mooring.dboscloud.application;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.dboscloud.instance.Instance;
import dev.mooring.dboscloud.upload.DbosConfig;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The spec of an app that is a DBOS application: one service, a job that migrates before it, and one instance, attached
 * twice: as the apps' user and as the one that migrates.
 */
public final class DbosSpec {

    private static final String APP = "app";
    private static final String USER = "db";
    private static final String ADMIN = "admin";
    private static final String ENVS = "envs";

    /**
     * Whichever lock file there is decides; developers' dependencies stay, migrations may need them. What npm has installed
     * for the same files once is copied the next time: that takes a fifth of the time.
     */
    private static final String BUILD = """
            set -e
            if [ -f package-lock.json ]; then
              same=$(cat package.json package-lock.json .npmrc 2>/dev/null | node -e '
                const hash = require("crypto").createHash("sha256").update(process.version);
                process.stdin.on("data", (data) => hash.update(data)).on("end", () => console.log(hash.digest("hex")));')
              kept=$npm_config_cache/../modules/$same
              if [ -d "$kept" ]; then
                cp -a "$kept" node_modules
                touch "$kept"
              else
                npm ci --no-audit --no-fund --prefer-offline
                rm -rf "${kept%/*}"
                mkdir -p "${kept%/*}"
                cp -a node_modules "$kept.partial"
                mv "$kept.partial" "$kept"
              fi
            elif [ -f yarn.lock ]; then
              yarn install --frozen-lockfile
            else
              npm install --no-audit --no-fund
            fi
            npm run build --if-present
            """;

    /**
     * Where the SDK has its own tables, and by which CAs node knows servers: the database's, and those that the app names itself. Node
     * takes one file, so that is one of both, made anew at each start; what the app names and node could not read is left out, as node
     * would. Since its fourth version it takes the word of DBOS
     * Cloud for packages that only DBOS Cloud has, and its configuration for where those tables are.
     */
    private static final String PREPARED = """
            if [ -f %1$s ]; then
              own=${NODE_EXTRA_CA_CERTS:-}
              NODE_EXTRA_CA_CERTS=$PWD/%1$s
              if [ -f "$own" ] && [ -r "$own" ]; then
                { cat -- "$own" && echo && cat %1$s; } >all-%1$s.$$ && mv -f all-%1$s.$$ all-%1$s || exit
                NODE_EXTRA_CA_CERTS=$PWD/all-%1$s
              elif [ -n "$own" ]; then
                echo "NODE_EXTRA_CA_CERTS: $own cannot be read, so only the database's CA is known besides Node's own" >&2
              fi
              export NODE_EXTRA_CA_CERTS
              unset own
            fi
            DBOS_SYSTEM_DATABASE_URL=$(node -e '
              const url = new URL(process.env.DBOS_DATABASE_URL);
              url.pathname = "/%2$s";
              console.log(url.href);') || exit
            export DBOS_SYSTEM_DATABASE_URL
            case $(node -p 'require("./node_modules/@dbos-inc/dbos-sdk/package.json").version' 2>/dev/null) in
              [0-3].*|'') ;;
              *) unset DBOS__CLOUD ;;
            esac
            """;

    /** Never a program of that name that somebody else has published: what the app lacks is an error. */
    private static final String DBOS = "npx --no-install dbos ";

    private DbosSpec() {}

    /** What a deployment runs before the new code is started. */
    public enum Change {
        MIGRATE("migrate"),
        ROLL_BACK("rollback");

        private final String command;

        Change(String command) {
            this.command = command;
        }
    }

    /** Of an app that is registered and has no code yet. */
    public static ObjectNode registered(String name, String region, Instance instance) {
        ObjectNode spec =
                JsonNodeFactory.instance.objectNode().put("name", name).put("region", region);
        attach(spec, instance, null);
        return spec;
    }

    /**
     * The same app with other code, another instance, or both.
     *
     * @param before any spec of the app; its variables are kept
     * @param memoryMib heap of each process
     */
    public static ObjectNode deployed(
            JsonNode before, UUID app, AppUpload upload, Instance instance, Change change, int memoryMib) {
        ObjectNode spec = ((ObjectNode) before).deepCopy();
        spec.remove("jobs");
        attach(spec, instance, upload.appDatabase());
        ObjectNode service = component(spec, "services", APP, USER, app, upload);
        service.put("build_command", BUILD)
                .put(
                        "run_command",
                        prepared(upload) + "exec " + DBOS + "start"
                                + (upload.startsByItself() ? "" : " --port \"$PORT\""));
        service.withArray(ENVS)
                .addObject()
                .put("key", "NODE_OPTIONS")
                .put("value", "--max-old-space-size=" + memoryMib);
        ObjectNode job = component(spec, "jobs", change.command, ADMIN, app, upload);
        job.put("kind", "PRE_DEPLOY").put("run_command", prepared(upload) + "exec " + DBOS + change.command);
        return spec;
    }

    private static String prepared(AppUpload upload) {
        return PREPARED.formatted(DbosConfig.CA, upload.systemDatabase());
    }

    private static void attach(ObjectNode spec, Instance instance, @Nullable String database) {
        ArrayNode databases = spec.putArray("databases");
        attach(databases, USER, instance, instance.user(), database);
        attach(databases, ADMIN, instance, instance.admin(), database);
    }

    private static void attach(
            ArrayNode databases, String name, Instance instance, @Nullable String user, @Nullable String database) {
        ObjectNode attached = databases
                .addObject()
                .put("name", name)
                .put("engine", "PG")
                .put("production", true)
                .put("cluster_name", instance.name())
                .put("db_user", user);
        if (database != null) {
            attached.put("db_name", database);
        }
    }

    private static ObjectNode component(
            ObjectNode spec, String kind, String name, String database, UUID app, AppUpload upload) {
        ObjectNode component = spec.putArray(kind).addObject().put("name", name);
        component.putObject("archive").put("version", upload.version()).put("database", database);
        ArrayNode envs = component.putArray(ENVS);
        envs.addObject().put("key", "DBOS__CLOUD").put("value", "true");
        envs.addObject().put("key", "DBOS__APPID").put("value", app.toString());
        envs.addObject().put("key", "DBOS__APPVERSION").put("value", upload.version());
        runTime(envs, "DBOS_DATABASE_URL", "${" + database + ".DATABASE_URL}");
        return component;
    }

    private static void runTime(ArrayNode envs, String key, String value) {
        envs.addObject().put("key", key).put("value", value).put("scope", "RUN_TIME");
    }

    /** The name of the instance that it uses. */
    public static String instance(JsonNode spec) {
        return spec.path("databases").path(0).path("cluster_name").asText("");
    }

    /** The version of its code; empty when it has none. */
    public static String version(JsonNode spec) {
        return spec.path("services").path(0).path("archive").path("version").asText("");
    }
}
