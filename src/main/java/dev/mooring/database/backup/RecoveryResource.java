package dev.mooring.database.backup;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ClusterId;
import dev.mooring.database.cluster.change.ClusterChanges;
import dev.mooring.database.cluster.change.ClusterQueue;
import dev.mooring.dataplane.Change;
import dev.mooring.operation.api.OperationResource.OperationEnvelope;
import dev.mooring.operation.api.OperationView;
import dev.mooring.operation.queue.Operations;
import dev.mooring.web.Formats;
import dev.mooring.web.Problems;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** Backups that are asked for, and whether the cluster could be brought back. */
@Path("/mooring/v1/databases/{id}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Backups")
public class RecoveryResource {

    private static final int LONGEST_RETENTION_HOURS = 24 * 366;

    private final ClusterChanges changes;
    private final ClusterQueue queue;
    private final Backups backups;
    private final RecoverySources sources;
    private final Operations operations;
    private final BackupSchedule schedule;
    private final Caller caller;
    private final Clock clock;

    RecoveryResource(
            ClusterChanges changes,
            ClusterQueue queue,
            Backups backups,
            RecoverySources sources,
            Operations operations,
            BackupSchedule schedule,
            Caller caller,
            Clock clock) {
        this.changes = changes;
        this.queue = queue;
        this.backups = backups;
        this.sources = sources;
        this.operations = operations;
        this.schedule = schedule;
        this.caller = caller;
        this.clock = clock;
    }

    @Schema(name = "RecoveryWindow")
    public record WindowView(
            @Schema(description = "RFC 3339") String earliest,
            @Schema(description = "RFC 3339") String latest,

            @Schema(description = "When a recovery was tried last, RFC 3339; absent as long as none was") @Nullable
            String lastDrillAt,

            @Schema(description = "Whether that succeeded; absent likewise") @Nullable
            Boolean lastDrillPassed,

            @Schema(
                    description =
                            "Between them, moments that cannot be recovered: those between an upgrade and the first"
                                    + " backup after it, where that could not be made before")
            List<Gap> gaps) {

        @Schema(name = "RecoveryGap")
        public record Gap(
                @Schema(description = "The first moment that cannot be recovered, RFC 3339")
                String from,

                @Schema(description = "The first moment that can be recovered again, RFC 3339")
                String until) {}

        private static WindowView of(RecoverySource source, Instant now) {
            return of(source.window(now), source.lastDrill());
        }

        static WindowView of(RecoverySource.Window window, RecoverySource.@Nullable Drill drill) {
            return new WindowView(
                    Formats.time(window.earliest()),
                    Formats.time(window.latest()),
                    drill == null ? null : Formats.time(drill.at()),
                    drill == null ? null : drill.failure() == null,
                    window.gaps().stream()
                            .map(gap -> new Gap(Formats.time(gap.from()), Formats.time(gap.until())))
                            .toList());
        }
    }

    @Schema(name = "BackupPolicy")
    public record Policy(
            @Schema(description = "How far back every moment can be recovered", examples = "168") @Nullable
            Integer retentionHours,

            @Schema(description = "How often a recovery is tried; null for never", examples = "24") @Nullable
            Integer drillHours,

            @Schema(
                    description =
                            "A commit is answered only when the archive has it: nothing is at risk, and each commit"
                                    + " waits for the archive's storage. While that cannot be written commits do not wait.")
            boolean synchronous) {

        static Policy of(Cluster cluster) {
            return new Policy(cluster.retentionHours, cluster.drillHours, cluster.synchronousArchive);
        }
    }

    public record PolicyEnvelope(Policy backupPolicy) {}

    @POST
    @Path("backups")
    @ResponseStatus(202)
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(summary = "Make a backup now", description = "412 while one is being made.")
    public Uni<OperationEnvelope> backUp(String id) {
        return queue(id, backups::backUp);
    }

    @POST
    @Path("drills")
    @ResponseStatus(202)
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Try a recovery now",
            description = "The cluster is restored aside, every table is read, and what was restored is thrown away."
                    + " The operation's receipt says what was proved.")
    public Uni<OperationEnvelope> drill(String id) {
        return queue(id, backups::drill);
    }

    private Uni<OperationEnvelope> queue(String id, Function<Cluster, Uni<UUID>> operation) {
        return Panache.withTransaction(() -> changes.lock(id).chain(cluster -> operation.apply(cluster)))
                .chain(queued -> operations.find(queued))
                .map(found -> new OperationEnvelope(OperationView.of(found)));
    }

    @GET
    @Path("recovery-window")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(
            summary = "The moments that can be recovered",
            description = "Also of a deleted cluster whose archive is still kept. 412 before the first backup.")
    public Uni<WindowView> window(String id) {
        return sources.find(caller.team(), ClusterId.parse(id)).map(source -> WindowView.of(source, clock.instant()));
    }

    @GET
    @Path("backup-policy")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "How long backups are kept and how often recovery is tried")
    public Uni<PolicyEnvelope> policy(String id) {
        return Panache.withSession(() -> changes.find(id)).map(cluster -> new PolicyEnvelope(Policy.of(cluster)));
    }

    @PUT
    @Path("backup-policy")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Replace the backup policy",
            description =
                    "A shorter retention takes effect with the next backup. 422 for what cannot be had where the cluster"
                            + " runs.")
    public Uni<PolicyEnvelope> changePolicy(String id, @Nullable Policy wanted) {
        Problems problems = new Problems();
        Integer retention = wanted == null ? null : wanted.retentionHours();
        Integer drill = wanted == null ? null : wanted.drillHours();
        problems.check(
                retention != null && retention >= 1 && retention <= LONGEST_RETENTION_HOURS,
                "retention_hours",
                "must be 1 to " + LONGEST_RETENTION_HOURS);
        problems.check(
                drill == null || (drill >= 1 && drill <= LONGEST_RETENTION_HOURS),
                "drill_hours",
                "must be null or 1 to " + LONGEST_RETENTION_HOURS);
        int hours = problems.whole(retention);
        boolean synchronous = wanted != null && wanted.synchronous();
        Consumer<Cluster> edit = cluster -> {
            cluster.retentionHours = hours;
            cluster.drillHours = drill;
            cluster.synchronousArchive = synchronous;
        };
        return Panache.withSession(() -> changes.find(id))
                .invoke(cluster -> {
                    queue.require(Change.BACK_UP, cluster);
                    if (drill != null) {
                        queue.require(Change.DRILL, cluster);
                    }
                    if (synchronous) {
                        queue.requireSynchronousArchive(cluster);
                    }
                })
                // Only what its server has to be told makes the cluster busy.
                .chain(present -> present.synchronousArchive == synchronous
                        ? Panache.withTransaction(() -> changes.lock(id).invoke(edit))
                        : changes.change(id, cluster -> {
                            edit.accept(cluster);
                            return Uni.createFrom().item(cluster);
                        }))
                .invoke(schedule::soon)
                .map(cluster -> new PolicyEnvelope(Policy.of(cluster)));
    }
}
