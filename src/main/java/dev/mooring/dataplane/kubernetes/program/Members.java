package dev.mooring.dataplane.kubernetes.program;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObject;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.object.MemberObjects;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.server.Effects;
import dev.mooring.dataplane.kubernetes.server.OperatorWord;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * Users and databases of a cluster whose servers run: one group after the other, because the operator tries what came too early again
 * only after a while.
 */
public record Members(Projection projection, ClusterSpec spec) {

    private static final Logger LOG = Logger.getLogger(Members.class);

    /**
     * Makes and changes, as far as it goes now; nothing is taken away that could not be given back.
     *
     * @return what is left to wait for; empty when everything is as it should be
     */
    public Optional<Waiting> settle() {
        if (spec.follows() != null) {
            // They come with the data of the cluster that it follows.
            return Optional.empty();
        }
        Optional<Waiting> waiting = roles(going());
        return waiting.isPresent()
                ? waiting
                : all(spec.databases().stream()
                        .map(database -> MemberObjects.database(spec, database))
                        .toList());
    }

    /** Everybody and everything, as it is when it is settled. */
    List<KubeObject> wanted() {
        if (spec.follows() != null) {
            return List.of();
        }
        List<KubeObject> all = new ArrayList<>(List.of(MemberObjects.owner(spec.id())));
        for (ClusterSpec.User user : spec.users()) {
            all.add(MemberObjects.secret(spec.id(), user.name(), projection.vault.unseal(user.secret())));
            all.add(MemberObjects.user(spec, user, true));
        }
        all.add(MemberObjects.secret(spec.id(), Names.CONTROL, projection.vault.unseal(spec.superuserSecret())));
        all.add(MemberObjects.control(
                spec.id(), spec.users().stream().map(ClusterSpec.User::name).toList()));
        spec.databases().forEach(database -> all.add(MemberObjects.database(spec, database)));
        return all;
    }

    /** Takes away who and what is gone from the spec, as far as it goes now. There is no way back from here on. */
    public Optional<Waiting> drop() throws SQLException {
        if (spec.follows() != null) {
            return Optional.empty();
        }
        for (String database : spec.absentDatabases()) {
            Optional<Waiting> waiting = dropDatabase(database);
            if (waiting.isPresent()) {
                return waiting;
            }
        }
        for (String user : going()) {
            return Optional.of(drop(user));
        }
        return spec.absentUsers().isEmpty() ? Optional.empty() : control(List.of());
    }

    private List<String> going() {
        return spec.absentUsers().stream()
                .filter(user -> find(Kind.ROLE, Names.user(spec.id(), user)).isPresent())
                .toList();
    }

    private Optional<Waiting> roles(List<String> going) {
        List<ClusterSpec.User> others =
                spec.users().stream().filter(user -> !user.primary()).toList();
        List<ClusterSpec.User> admins =
                spec.users().stream().filter(ClusterSpec.User::primary).toList();
        Optional<Waiting> waiting = all(List.of(MemberObjects.owner(spec.id())));
        // Who acts for another comes after that one.
        for (boolean acting : new boolean[] {false, true}) {
            if (waiting.isEmpty()) {
                waiting = users(others.stream()
                        .filter(user -> (user.actsFor() != null) == acting)
                        .toList());
            }
        }
        if (waiting.isEmpty()) {
            waiting = users(admins);
        }
        return waiting.isPresent() ? waiting : control(going);
    }

    /** It stays a member of who is about to go: that is how it takes over what is left. */
    private Optional<Waiting> control(List<String> going) {
        Live secret = objects()
                .apply(MemberObjects.secret(spec.id(), Names.CONTROL, projection.vault.unseal(spec.superuserSecret())));
        KubeObject control = MemberObjects.control(
                spec.id(),
                Stream.concat(spec.users().stream().map(ClusterSpec.User::name), going.stream())
                        .toList());
        return withPassword(control, secret);
    }

    private Optional<Waiting> users(List<ClusterSpec.User> users) {
        List<Optional<Waiting>> found = new ArrayList<>();
        for (ClusterSpec.User user : users) {
            Live secret = objects()
                    .apply(MemberObjects.secret(spec.id(), user.name(), projection.vault.unseal(user.secret())));
            found.add(withPassword(MemberObjects.user(spec, user, true), secret));
        }
        return first(found);
    }

    /** The operator says of which version of the secret the password is that the servers have. */
    private Optional<Waiting> withPassword(KubeObject wanted, Live secret) {
        Live role = objects().apply(wanted);
        Optional<Waiting> waiting = applied(wanted.kind(), role);
        if (waiting.isPresent()) {
            return waiting;
        }
        return role.text("status", "secretResourceVersion").orElse("").equals(secret.resourceVersion())
                ? Optional.empty()
                : Optional.of(Waiting.on("the servers do not have the password of "
                        + role.text("spec", "name").orElse(role.name()) + " yet"));
    }

    /** Most refusals are of what came too early: a server that may not read the secret of a new role yet tries again after 30 s by itself. */
    private Optional<Waiting> applied(Kind kind, Live object) {
        Optional<Waiting> waiting = OperatorWord.applied(object);
        if (waiting.filter(Waiting::refused).isPresent()) {
            objects().touch(kind, object);
        }
        return waiting;
    }

    private Optional<Waiting> all(List<KubeObject> wanted) {
        return first(wanted.stream()
                .map(object -> applied(object.kind(), objects().apply(object)))
                .toList());
    }

    /** What is refused before what is only not done yet. */
    private static Optional<Waiting> first(List<Optional<Waiting>> found) {
        return found.stream()
                .flatMap(Optional::stream)
                .sorted((one, other) -> Boolean.compare(other.refused(), one.refused()))
                .findFirst();
    }

    private Optional<Waiting> dropDatabase(String database) throws SQLException {
        String name = Names.database(spec.id(), database);
        Optional<Live> found = find(Kind.DATABASE, name);
        if (found.isPresent() && !found.get().going()) {
            objects().delete(Kind.DATABASE, name);
        }
        Effects effects = effects();
        if (effects.hasDatabase(database)) {
            effects.dropDatabase(database);
        }
        return find(Kind.DATABASE, name)
                .map(left -> left.text("status", "message")
                        .map(why -> Waiting.refused("CloudNativePG does not drop " + database + ": " + why))
                        .orElseGet(() -> Waiting.on("the database " + database + " is being dropped")));
    }

    private Waiting drop(String user) throws SQLException {
        String name = Names.user(spec.id(), user);
        Optional<Live> found = find(Kind.ROLE, name);
        if (found.isPresent() && !found.get().going()) {
            Optional<Waiting> waiting = applied(Kind.ROLE, objects().apply(MemberObjects.shutOut(spec.id(), user)));
            if (waiting.isPresent()) {
                return waiting.get();
            }
            effects().dispossess(user);
            objects().delete(Kind.SECRET, name);
            objects().delete(Kind.ROLE, name);
        }
        return found.flatMap(left -> left.going() ? left.text("status", "message") : Optional.empty())
                .map(why -> Waiting.refused("CloudNativePG does not drop the user " + user + ": " + why))
                .orElseGet(() -> Waiting.on("the user " + user + " is being dropped"));
    }

    /**
     * Takes away what is of no use for the spec: what a change had made that was refused. Databases stay on the servers: one may have
     * been there before, made with SQL, or have been filled since. What a role that goes may own by now stays too.
     */
    void forgetOthers() {
        Set<String> wanted = Stream.of(
                        spec.users().stream().map(user -> Names.user(spec.id(), user.name())),
                        spec.databases().stream().map(database -> Names.database(spec.id(), database)),
                        Stream.of(Names.user(spec.id(), Names.OWNER), Names.user(spec.id(), Names.CONTROL)))
                .flatMap(names -> names)
                .collect(Collectors.toSet());
        Map<String, String> labels = Names.labels(spec.id());
        for (Live role : objects().list(Kind.ROLE, labels)) {
            if (!wanted.contains(role.name())) {
                dispossess(role);
                objects().delete(Kind.SECRET, role.name());
                objects().delete(Kind.ROLE, role.name());
            }
        }
        for (Live database : objects().list(Kind.DATABASE, labels)) {
            if (!wanted.contains(database.name())) {
                objects().delete(Kind.DATABASE, database.name());
            }
        }
    }

    /** As far as it goes now: where it does not, PostgreSQL drops no role that owns anything. */
    private void dispossess(Live role) {
        Optional<String> name = role.text("spec", "name");
        if (name.isPresent()) {
            try {
                effects().dispossess(name.get());
            } catch (SQLException e) {
                LOG.warnf("what the role %s of %s owns stays its own: %s", name.get(), spec.id(), e.getMessage());
            }
        }
    }

    private Effects effects() throws SQLException {
        return projection
                .effects(spec)
                .orElseThrow(() -> new SQLException("the cluster's CA is not there yet", "08000"));
    }

    private Optional<Live> find(Kind kind, String name) {
        return objects().find(kind, name);
    }

    private KubeObjects objects() {
        return projection.objects();
    }
}
