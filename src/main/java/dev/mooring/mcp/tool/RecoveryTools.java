package dev.mooring.mcp.tool;

import dev.mooring.access.Scopes;
import dev.mooring.database.backup.ProofResource;
import dev.mooring.database.backup.RecoveryResource;
import dev.mooring.database.backup.RestorePreviewResource;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** Whether, and to which moments, a cluster can be brought back. */
@ApplicationScoped
class RecoveryTools implements ToolSet {

    private final RecoveryResource recovery;
    private final RestorePreviewResource previews;
    private final ProofResource proofs;

    RecoveryTools(RecoveryResource recovery, RestorePreviewResource previews, ProofResource proofs) {
        this.recovery = recovery;
        this.previews = previews;
        this.proofs = proofs;
    }

    @Override
    public List<Tool> tools() {
        return List.of(
                Tool.reads(
                        "get_recovery_window",
                        "Moments that can be recovered",
                        "The earliest and the latest moment that a cluster can be recovered to, and how the last drill went. A deleted"
                                + " cluster is named by its id.",
                        Scopes.DATABASE_READ,
                        List.of(Tool.CLUSTER),
                        given -> recovery.window(given.cluster())),
                Tool.reads(
                        "preview_restore",
                        "Preview a restore",
                        "What a restore to a moment would bring back, and of which backup and how much WAL it would be made. Nothing is"
                                + " changed.",
                        Scopes.DATABASE_READ,
                        List.of(
                                Tool.CLUSTER,
                                Parameter.text(
                                        "at",
                                        "RFC 3339, such as 2030-01-31T12:00:00Z; without it everything that was committed")),
                        given -> previews.preview(given.cluster(), given.text("at"))),
                Tool.reads(
                        "get_recovery_proof",
                        "What the last drill proved",
                        "When a recovery was tried last, whether it succeeded and how long it took, what was read, and when it is tried"
                                + " next.",
                        Scopes.DATABASE_READ,
                        List.of(Tool.CLUSTER),
                        given -> proofs.proof(given.cluster())),
                new Tool(
                        "start_drill",
                        "Try a recovery",
                        "Restores a cluster aside, reads every table of it, and throws away what was restored; the cluster itself is not"
                                + " touched. The answer is the operation; its receipt says what was proved.",
                        Tool.Effect.CHANGES,
                        List.of(Scopes.DATABASE_UPDATE),
                        Tool.DATABASE,
                        List.of(Tool.CLUSTER),
                        given -> recovery.drill(given.cluster())));
    }
}
