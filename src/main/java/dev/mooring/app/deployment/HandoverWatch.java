package dev.mooring.app.deployment;

import dev.mooring.app.handover.Handovers;
import dev.mooring.app.record.App;
import dev.mooring.app.release.AppBindings;
import dev.mooring.app.release.DeployFacts;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.SpecKey;
import dev.mooring.app.spec.rule.Environment;
import dev.mooring.database.binding.AppDatabases;
import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.Unanswered;
import dev.mooring.home.Vault;
import dev.mooring.operation.MetadataReady;
import dev.mooring.operation.Node;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Outcome;
import dev.mooring.operation.OutcomeHandler;
import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.vertx.VertxContextSupport;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.persistence.LockModeType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Whether what apps were given still is what it should be: a password that was reset, a database that has moved, a Secret that somebody
 * has changed or deleted. Where it is not, the active deployment is deployed again, which its events tell of. After each change of a
 * cluster, and every so often because nobody tells of what happens elsewhere.
 */
@ApplicationScoped
public class HandoverWatch implements OutcomeHandler {

    private static final Logger LOG = Logger.getLogger(HandoverWatch.class);
    private static final Duration EVERY = Duration.ofSeconds(30);

    /** After which nothing that apps are given can be another. */
    private static final EnumSet<Change> CHANGE_NOTHING =
            EnumSet.of(Change.BACK_UP, Change.DRILL, Change.CHECK_UPGRADE);

    private static final String TYPE = "MAINTENANCE";

    /** What failed is not tried again at once: somebody has to look at it. */
    private static final String FAILED_LATELY = "exists (select from deployment u where u.app = a.id and u.type = '"
            + TYPE + "' and u.phase = 'ERROR' and u.updated_at > now() - interval '10 minutes')";

    /** While a deployment is under way, it decides what there is to be. */
    private static final String UNDER_WAY =
            "exists (select from deployment u where u.app = a.id and u.outcome is null)";

    private static final String BOUND = "select a.id, d.id as deployment, d.spec from app a"
            + " join deployment d on d.id = a.active_deployment where a.deleted_at is null"
            + " and (d.outcome::jsonb ->> 'binds')::boolean and not " + UNDER_WAY + " and not " + FAILED_LATELY;

    private static final String CALM =
            "select 1 from app a where a.id = :app and not " + UNDER_WAY + " and not " + FAILED_LATELY;

    private final Pool pool;
    private final Node node;
    private final Handovers handovers;
    private final Deployments deployments;
    private final AppBindings bindings;
    private final AppDatabases databases;
    private final Vault vault;
    private final Clock clock;
    private volatile boolean ready;
    private volatile boolean asked;
    private Instant next = Instant.MIN;

    HandoverWatch(
            Pool pool,
            Node node,
            Handovers handovers,
            Deployments deployments,
            AppBindings bindings,
            AppDatabases databases,
            Vault vault,
            Clock clock) {
        this.pool = pool;
        this.node = node;
        this.handovers = handovers;
        this.deployments = deployments;
        this.bindings = bindings;
        this.databases = databases;
        this.vault = vault;
        this.clock = clock;
    }

    void start(@Observes @Priority(900) MetadataReady event) {
        ready = true;
    }

    @Override
    public Set<String> kinds() {
        return EnumSet.complementOf(CHANGE_NOTHING).stream().map(Change::kind).collect(Collectors.toSet());
    }

    @Override
    public Uni<Void> write(SqlConnection transaction, Outcome outcome) {
        return Uni.createFrom().voidItem();
    }

    @Override
    public void committed(Outcome outcome) {
        // Never a false over what another has just asked for.
        if (outcome.state().ended()) {
            asked = true;
        }
    }

    @Scheduled(every = "1s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    void look() throws Exception {
        Instant now = clock.instant();
        if (!ready || !node.worker() || !handovers.open() || !asked && now.isBefore(next)) {
            return;
        }
        asked = false;
        next = now.plus(EVERY);
        refresh();
    }

    /** Of all apps that others run and that are not deployed just now. Blocks. */
    public void refresh() throws Exception {
        for (Row row : pool.query(BOUND).execute().await().indefinitely()) {
            UUID app = row.getUUID("id");
            try {
                look(app, row.getUUID("deployment"), row.getString("spec"));
            } catch (Unanswered | OperationFailed | ApiException | Environment.TooLarge e) {
                LOG.warnf(
                        "whether the app %s has the variables that it should have is not known: %s",
                        app, e.getMessage());
            } catch (RuntimeException e) {
                // Whatever is the matter with one, the others are looked at.
                LOG.errorf(e, "whether the app %s has the variables that it should have is not known", app);
            }
        }
    }

    private void look(UUID id, UUID deployment, String stored) throws Exception {
        App app = await(() -> Panache.withSession(() -> App.<App>findById(id)));
        if (app == null) {
            return;
        }
        AppSpec spec = deployments.spec(stored, id);
        AppBindings.Found found = await(() -> bindings.resolve(app.team, id, spec));
        if (!found.problems().isEmpty() || !found.missing().isEmpty() || changing(found)) {
            return;
        }
        var identity = await(() -> Panache.withSession(() -> deployments.identity(app)));
        Environment environment = new Environment(
                spec,
                bindings.bindings(identity, spec, found.bound(), DeployFacts.NONE),
                SpecKey.of(vault.unseal(app.specKey))::open,
                false);
        Optional<String> difference = handovers.difference(id, spec, environment);
        if (difference.isPresent()) {
            UUID queued = await(() -> Panache.withTransaction(() -> again(id, deployment, stored, difference.get())));
            if (queued != null) {
                LOG.infof("the app %s is deployed again (%s): %s", id, queued, difference.get());
            }
        }
    }

    /** Its values are those before or those after, and nobody knows yet which will stay. */
    private boolean changing(AppBindings.Found found) throws Exception {
        List<UUID> clusters = new ArrayList<>();
        found.bound().values().forEach(bound -> {
            if (!bound.cluster().linked()) {
                clusters.add(bound.cluster().id());
            }
        });
        for (UUID cluster : clusters) {
            if (await(() -> databases.busy(cluster))) {
                return true;
            }
        }
        return false;
    }

    /** Another worker may have seen it, too: one of them is the first. Null when this is not. */
    private Uni<@Nullable UUID> again(UUID id, UUID deployment, String spec, String difference) {
        return App.<App>findById(id, LockModeType.PESSIMISTIC_WRITE).chain(app -> {
            if (app == null || app.deletedAt != null || !deployment.equals(app.activeDeployment)) {
                return Uni.createFrom().nullItem();
            }
            return Panache.getSession()
                    .chain(session -> session.createNativeQuery(CALM, Integer.class)
                            .setParameter("app", id)
                            .getSingleResultOrNull())
                    .chain(calm -> calm == null
                            ? Uni.createFrom().nullItem()
                            : deployments.queue(
                                    app,
                                    spec,
                                    new Deployments.Reason(
                                            TYPE, "CREATE_DEPLOYMENT", difference, null, Map.of(), deployment)));
        });
    }

    private static <T> T await(Supplier<Uni<T>> question) throws Exception {
        try {
            return VertxContextSupport.subscribeAndAwait(question);
        } catch (Exception | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
