package dev.mooring.app.upload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.app.spec.SpecText;
import dev.mooring.home.MooringHome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.regex.Pattern;

/** The configuration file of a DBOS app. Where its database is and who may get in is for Mooring to say; the rest is the app's. */
public final class DbosConfig {

    public static final String NAME = "dbos-config.yaml";

    private static final String CA = "mooring-ca.crt";
    private static final String DATABASE = "database";
    private static final Pattern DATABASE_NAME = Pattern.compile("[a-z_][a-z0-9_]{0,49}");

    private final ObjectNode tree;

    private DbosConfig(ObjectNode tree) {
        this.tree = tree;
    }

    /**
     * @param text null for a file that is not there
     * @throws BadArchive
     */
    public static DbosConfig of(String text) {
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
    public record Access(String host, int port, String user, String password, String ca) {}

    /** Writes the file of an app that was unpacked there, and the CA beside it. Done again it does the same. */
    public static void write(Path folder, Access access, Archive.Owner owner) throws IOException {
        Path file = folder.resolve(NAME);
        // A link could lead to what only Mooring may read.
        boolean there = Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
        DbosConfig config = of(there ? Files.readString(file) : null);
        ObjectNode database = config.tree.withObjectProperty(DATABASE);
        database.put("hostname", access.host())
                .put("port", access.port())
                .put("username", access.user())
                .put("password", access.password());
        database.remove("local_suffix");
        if (access.ca() != null) {
            Path ca = folder.resolve(CA);
            write(ca, access.ca(), owner);
            database.put("ssl_ca", ca.toString());
            database.remove("ssl");
        }
        write(file, SpecText.toYaml(config.tree), owner);
    }

    /** The owner's already when it takes its name: who reads it meanwhile can. */
    private static void write(Path file, String text, Archive.Owner owner) throws IOException {
        Path mine = file.resolveSibling(file.getFileName() + ".mine");
        MooringHome.write(mine, text, "rw-------");
        owner.own(mine);
        Files.move(mine, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
