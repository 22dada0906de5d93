package dev.mooring.dboscloud.upload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.app.spec.SpecText;
import dev.mooring.process.ServerAccount;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The configuration file of a DBOS app. Where its database is and who may get in is for Mooring to say; the rest is the app's. */
public final class DbosConfig {

    public static final String NAME = "dbos-config.yaml";

    /** Bytes, and more than a spec may have. */
    private static final int LONGEST = 1 << 20;

    /** Beside it, where the servers' CA is known. */
    public static final String CA = "mooring-ca.crt";

    private static final String SDK = "node_modules/@dbos-inc/dbos-sdk/package.json";
    /** From here on the configuration says where the SDK's own tables are; an older one refuses a member that it does not know. */
    private static final int FIRST_WITH_SYSTEM_URL = 4;

    private static final String DATABASE = "database";
    private static final Pattern SDK_VERSION = Pattern.compile("\"version\"\\s*:\\s*\"(\\d{1,4})\\.");
    private static final Pattern DATABASE_NAME = Pattern.compile("[a-z_][a-z0-9_]{0,49}");

    private final ObjectNode tree;

    private DbosConfig(ObjectNode tree) {
        this.tree = tree;
    }

    /**
     * @param text null for a file that is not there
     * @throws BadArchive
     */
    public static DbosConfig of(@Nullable String text) {
        if (text == null) {
            throw new BadArchive("has no " + NAME);
        }
        try {
            if (SpecText.yaml(text) instanceof ObjectNode tree
                    && (tree.path(DATABASE).isObject() || tree.path(DATABASE).isMissingNode())) {
                return new DbosConfig(tree);
            }
        } catch (SpecText.Unreadable e) {
            throw new BadArchive("has a " + NAME + " that cannot be read: " + e.getMessage());
        }
        throw new BadArchive("has a " + NAME + " that is not what it should be: an object with the member database");
    }

    /**
     * The name of the app's database; that of the app for who does not give one.
     *
     * @throws BadArchive
     */
    public String appDatabase(String app) {
        return name("app_db_name", app.toLowerCase(Locale.ROOT).replace('-', '_'));
    }

    /** The name of the database where the SDK keeps its workflows. */
    public String systemDatabase(String app) {
        return name("sys_db_name", appDatabase(app) + "_dbos_sys");
    }

    private String name(String member, String otherwise) {
        JsonNode given = tree.path(DATABASE).path(member);
        String name = given.isMissingNode() || given.isNull() ? otherwise : given.asText();
        if (!DATABASE_NAME.matcher(name).matches()) {
            throw new BadArchive(
                    "has a " + NAME + " whose database." + member + " is " + name
                            + ": it must have at most 50 lower-case letters, digits and underscores, and not begin with a digit");
        }
        return name;
    }

    /** Whether the app brings commands of its own to be started with; then they find their port in {@code PORT}. */
    public boolean startsByItself() {
        return tree.path("runtimeConfig").path("start").size() > 0;
    }

    /**
     * Where the database is.
     *
     * @param ca PEM; null where nobody knows the CA, and the app's own word on TLS is left as it is
     */
    public record Access(
            String host,
            int port,
            String user,
            String password,
            @Nullable String ca) {}

    /**
     * Writes the file of an app that was unpacked there, and the CA beside it; reads and writes as the account whose folder
     * it is. Done again it does the same.
     *
     * @throws BadArchive when there is no file, or none that can be read
     */
    public static void write(Path folder, Access access, ServerAccount account)
            throws IOException, InterruptedException {
        Path file = folder.resolve(NAME);
        DbosConfig config = of(account.has(file) ? account.read(file, LONGEST) : null);
        ObjectNode database = config.tree.withObjectProperty(DATABASE);
        database.put("hostname", access.host())
                .put("port", access.port())
                .put("username", access.user())
                .put("password", access.password());
        database.remove("local_suffix");
        if (access.ca() != null) {
            Path ca = folder.resolve(CA);
            account.write(ca, access.ca());
            database.put("ssl_ca", ca.toString());
            database.remove("ssl");
        }
        if (sdk(folder, account) >= FIRST_WITH_SYSTEM_URL) {
            config.tree.put("system_database_url", "${DBOS_SYSTEM_DATABASE_URL}");
        }
        account.write(file, SpecText.toYaml(config.tree));
    }

    /** The major version that is installed there; 0 when none is. */
    private static int sdk(Path folder, ServerAccount account) throws IOException, InterruptedException {
        Path file = folder.resolve(SDK);
        if (!account.has(file)) {
            return 0;
        }
        Matcher version = SDK_VERSION.matcher(account.read(file, LONGEST));
        return version.find() ? Integer.parseInt(version.group(1)) : 0;
    }
}
