package dev.mooring.app.release;

import dev.mooring.app.release.DeployApp.Steps;
import dev.mooring.app.release.rehearsal.LockModes;
import dev.mooring.app.release.rehearsal.Rehearsal;
import dev.mooring.app.release.rehearsal.SchemaShape;
import dev.mooring.app.runtime.AppsSettings;
import dev.mooring.app.runtime.RunningApps;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Component.JobKind;
import dev.mooring.database.binding.AppDatabase;
import dev.mooring.database.binding.AppDatabases;
import dev.mooring.database.binding.Rehearsals;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Task;
import dev.mooring.time.Deadline;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The rehearsal of a migration: a copy of the instance is made with the means of recovery, the migration runs there, what it did is
 * noted, and the copy is thrown away. A migration that fails has then failed without touching anything.
 */
@ApplicationScoped
class Rehearse {

    private static final Duration GLANCE = Duration.ofMillis(200);
    private static final Duration WATCH = Duration.ofSeconds(1);
    private static final long WATCH_PAUSE_MS = 5;
    private static final Duration LONGEST_FORK = Duration.ofMinutes(10);
    private static final String OFF = "MOORING_REHEARSALS";
    private static final String LOCKS =
            "select distinct l.mode from pg_locks l join pg_stat_activity a on a.pid = l.pid"
                    + " where l.locktype = 'relation' and a.usename = ? and a.pid <> pg_backend_pid() and l.granted"
                    + " and l.database = (select oid from pg_database where datname = current_database())"
                    + " and l.relation >= 16384 and l.relation::int8 = any(?)";

    private final AppsSettings settings;
    private final AppDatabases databases;
    private final Rehearsals rehearsals;
    private final DeploymentContext releases;
    private final RunningApps apps;
    private final UploadedSource archives;
    private final ComponentPlan parts;
    private final JobRunner works;
    private final MigrationRoles ownership;
    private final AskedChanges asked;
    private final Clock clock;

    Rehearse(
            AppsSettings settings,
            AppDatabases databases,
            Rehearsals rehearsals,
            DeploymentContext releases,
            RunningApps apps,
            UploadedSource archives,
            ComponentPlan parts,
            JobRunner works,
            MigrationRoles ownership,
            AskedChanges asked,
            Clock clock) {
        this.settings = settings;
        this.databases = databases;
        this.rehearsals = rehearsals;
        this.releases = releases;
        this.apps = apps;
        this.archives = archives;
        this.parts = parts;
        this.works = works;
        this.ownership = ownership;
        this.asked = asked;
        this.clock = clock;
    }

    Next run(Task<DeployWish, DeployFacts> task) throws Exception {
        Rehearsal rehearsal = task.facts().rehearsal();
        if (rehearsal == null) {
            return begin(task);
        }
        return switch (rehearsal.state()) {
            case FORKING -> forking(task);
            case MIGRATING -> migrating(task);
            case DONE, SKIPPED -> finished(task);
        };
    }

    private Next begin(Task<DeployWish, DeployFacts> task) throws Exception {
        DeployWish wish = task.wish();
        AppSpec.Part job = firstJob(releases.spec(task.wish()));
        if (job == null) {
            return Next.go(Steps.PRE_DEPLOY);
        }
        AppBindings.Bound bound = ownership.migrates(task);
        String skip = skip(task, job, bound);
        if (bound != null && skip == null) {
            boolean recoverable = releases.await(() -> rehearsals.begin(
                    wish.app().team(), bound.cluster().id(), wish.app().id(), component(wish), bound.database()));
            skip = recoverable ? null : "the instance has no backup yet";
        }
        return keep(task, skip == null ? Rehearsal.of(Rehearsal.State.FORKING) : Rehearsal.skipped(skip));
    }

    private @Nullable String skip(
            Task<DeployWish, DeployFacts> task, AppSpec.Part job, AppBindings.@Nullable Bound bound) throws Exception {
        if (bound == null || ComponentPlan.restart(task.wish())) {
            return "nothing is migrated";
        }
        if (bound.cluster().linked()) {
            return "a linked instance cannot be copied";
        }
        String wished = releases.environment(task.wish(), releases.spec(task.wish()), task.facts(), false)
                .of(job)
                .get(OFF);
        if (!settings.rehearsals() || "false".equals(wished)) {
            return "rehearsals are turned off";
        }
        try (Connection connection = ownership.open(bound, bound.database())) {
            return SchemaShape.read(connection).tables().isEmpty() ? "the database is empty" : null;
        }
    }

    private static AppSpec.@Nullable Part firstJob(AppSpec spec) {
        return ComponentPlan.jobs(spec, JobKind.PRE_DEPLOY).stream()
                .filter(part -> part.component().archive() != null)
                .findFirst()
                .orElse(null);
    }

    /** Of a rehearsal that has begun. */
    private AppSpec.Part job(Task<DeployWish, DeployFacts> task) {
        return Objects.requireNonNull(firstJob(releases.spec(task.wish())), "there is no job to rehearse");
    }

    private static Next keep(Task<DeployWish, DeployFacts> task, Rehearsal rehearsal) {
        task.keep(task.facts().withRehearsal(rehearsal));
        return Next.again("what the rehearsal has found is noted");
    }

    /** A name that no component can have. */
    static String component(DeployWish wish) {
        return "rehearsal_" + wish.deployment().toString().substring(0, 8);
    }

    private AppBindings.Bound copy(Task<DeployWish, DeployFacts> task) throws Exception {
        DeployWish wish = task.wish();
        Map<String, AppDatabase> own =
                releases.await(() -> databases.of(wish.app().team(), wish.app().id()));
        AppDatabase copy = own.get(component(wish));
        if (copy == null) {
            throw new OperationFailed("the copy for the rehearsal is gone");
        }
        AppBindings.Bound bound =
                Objects.requireNonNull(ownership.migrates(task), "what is rehearsed migrates something");
        return new AppBindings.Bound(bound.spec(), copy, bound.user(), bound.secret(), bound.database());
    }

    private Next forking(Task<DeployWish, DeployFacts> task) throws Exception {
        AppBindings.Bound copy = copy(task);
        if (copy.cluster().failure() != null) {
            throw new OperationFailed("no copy of the database could be made to rehearse the migration on: "
                    + copy.cluster().failure() + ". Without a rehearsal: set " + OFF
                    + "=false among the app's variables.");
        }
        task.keep(task.facts().begun(Steps.REHEARSE.name(), component(task.wish()), null));
        Instant since =
                task.facts().part(Steps.REHEARSE.name(), component(task.wish())).startedAt();
        if (!copy.cluster().online()) {
            if (Duration.between(since, clock.instant()).compareTo(LONGEST_FORK) > 0) {
                throw new OperationFailed("the copy to rehearse the migration on took longer than "
                        + LONGEST_FORK.toMinutes() + " minutes");
            }
            return asked.untilOnline(copy.cluster().id(), GLANCE, "a copy of the database is made");
        }
        task.keep(task.facts().ended(Steps.REHEARSE.name(), component(task.wish()), DeployFacts.SUCCESS, null));
        try (Connection connection = ownership.open(copy, copy.database())) {
            return keep(task, Rehearsal.migrating(SchemaShape.read(connection)));
        }
    }

    private Next migrating(Task<DeployWish, DeployFacts> task) throws Exception {
        DeployWish wish = task.wish();
        AppSpec spec = releases.spec(wish);
        AppSpec.Part job = job(task);
        AppBindings.Bound copy = copy(task);
        JobRunner.Item item = new JobRunner.Item(
                job,
                "rehearse-" + ComponentPlan.label(job),
                job.component().runCommand(),
                parts.directory(task, job),
                parts.variables(
                        wish,
                        releases.environment(wish, spec, copy, task.facts()).of(job),
                        null),
                JobRunner.timeout(job.component().timeout()));
        if (!apps.work(wish.app().id(), wish.deployment(), item.work()).started()) {
            archives.configure(task, job, copy);
        }
        Next next = works.all(task, Steps.REHEARSE, List.of(item), Steps.PRE_DEPLOY);
        if (!(next instanceof Next.Go)) {
            watch(task, copy, item.work());
            return next;
        }
        DeployFacts.Part part = task.facts().part(Steps.REHEARSE.name(), item.work());
        return keep(
                task,
                compare(
                        rehearsal(task),
                        copy,
                        Duration.between(part.startedAt(), Objects.requireNonNull(part.endedAt(), item.work()))
                                .toMillis()));
    }

    /** Looks at its locks as long as it runs, for at most a second. */
    private void watch(Task<DeployWish, DeployFacts> task, AppBindings.Bound copy, String work) throws Exception {
        Deadline end = Deadline.in(WATCH);
        Object[] tables = before(rehearsal(task)).tables().keySet().toArray();
        try (Connection connection = ownership.open(copy, copy.database());
                PreparedStatement query = connection.prepareStatement(LOCKS)) {
            query.setString(1, copy.user());
            query.setArray(2, connection.createArrayOf("int8", tables));
            while (!end.passed()
                    && apps.work(task.wish().app().id(), task.wish().deployment(), work)
                            .running()) {
                try (ResultSet rows = query.executeQuery()) {
                    while (rows.next()) {
                        task.keep(task.facts().withRehearsal(rehearsal(task).withLock(rows.getString(1))));
                    }
                }
                Thread.sleep(WATCH_PAUSE_MS);
            }
        }
    }

    private Rehearsal compare(Rehearsal rehearsal, AppBindings.Bound copy, long milliseconds) throws SQLException {
        try (Connection connection = ownership.open(copy, copy.database())) {
            SchemaShape after = SchemaShape.read(connection);
            SchemaShape before = before(rehearsal);
            List<String> lost = before.lostIn(after);
            long rows = 0;
            List<String> rewritten = before.rewrittenIn(after);
            for (String table : rewritten) {
                rows += count(connection, table);
            }
            // What is written anew or lost was locked so, however short that was.
            String lock = lost.isEmpty() && rewritten.isEmpty()
                    ? rehearsal.strongestLock()
                    : LockModes.stronger(rehearsal.strongestLock(), LockModes.EXCLUSIVE);
            return new Rehearsal(Rehearsal.State.DONE, null, milliseconds, lock, rows, lost, null);
        }
    }

    private static long count(Connection connection, String table) throws SQLException {
        try (PreparedStatement name = connection.prepareStatement("select quote_ident(?) || '.' || quote_ident(?)")) {
            name.setString(1, table.substring(0, table.indexOf('.')));
            name.setString(2, table.substring(table.indexOf('.') + 1));
            try (ResultSet quoted = name.executeQuery();
                    Statement statement = connection.createStatement()) {
                quoted.next();
                try (ResultSet rows = statement.executeQuery("select count(*) from " + quoted.getString(1))) {
                    rows.next();
                    return rows.getLong(1);
                }
            }
        }
    }

    /** Of one that has begun. */
    private static Rehearsal rehearsal(Task<DeployWish, DeployFacts> task) {
        return Objects.requireNonNull(task.facts().rehearsal(), "no rehearsal has begun");
    }

    private static SchemaShape before(Rehearsal rehearsal) {
        return Objects.requireNonNull(rehearsal.before(), "what was there before is not known any more");
    }

    private Next finished(Task<DeployWish, DeployFacts> task) throws Exception {
        end(task);
        Rehearsal rehearsal = rehearsal(task);
        List<String> said = new ArrayList<>();
        if (rehearsal.state() == Rehearsal.State.SKIPPED) {
            said.add("no rehearsal: " + rehearsal.note());
        }
        if (!rehearsal.destructive().isEmpty()) {
            said.add("the version that runs may need what this takes away: "
                    + String.join("; ", rehearsal.destructive()));
        }
        task.keep(task.facts()
                .ended(
                        Steps.REHEARSE.name(),
                        "rehearsal",
                        DeployFacts.SUCCESS,
                        said.isEmpty() ? null : String.join(". ", said)));
        return Next.go(Steps.PRE_DEPLOY);
    }

    /** Throws the copy away; fine when there is none. There may be one that a kill has kept from being noted. */
    void end(Task<DeployWish, DeployFacts> task) throws Exception {
        DeployWish wish = task.wish();
        if (task.facts().rehearsal() == null || task.facts().rehearsal().state() != Rehearsal.State.SKIPPED) {
            releases.await(() -> rehearsals.end(wish.app().team(), wish.app().id(), component(wish)));
        }
    }
}
