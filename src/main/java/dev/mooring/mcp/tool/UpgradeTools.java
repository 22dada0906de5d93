package dev.mooring.mcp.tool;

import dev.mooring.access.Scopes;
import dev.mooring.database.upgrade.UndoResource;
import dev.mooring.database.upgrade.UpgradeCheckResource;
import dev.mooring.database.upgrade.UpgradeResource;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** Before a major upgrade, and back from it. */
@ApplicationScoped
class UpgradeTools implements ToolSet {

    private static final String END_TRANSACTIONS = "end_transactions";
    private static final Parameter ENDS = Parameter.flag(
            END_TRANSACTIONS, "End transactions that have been open for long, rather than wait for their end");

    private final UpgradeCheckResource checks;
    private final UndoResource undo;

    UpgradeTools(UpgradeCheckResource checks, UndoResource undo) {
        this.checks = checks;
        this.undo = undo;
    }

    @Override
    public List<Tool> tools() {
        return List.of(
                new Tool(
                        "check_upgrade",
                        "Check a major upgrade",
                        "Looks for everything that stands in the way of a major upgrade of a cluster, without beginning one. The answer"
                                + " is the check when nothing does, else an error that names it all.",
                        Tool.Effect.CHANGES,
                        List.of(Scopes.DATABASE_UPDATE),
                        Tool.DATABASE,
                        List.of(
                                Tool.CLUSTER,
                                Parameter.text("version", "Major version to upgrade to, such as 18")
                                        .needed(),
                                Parameter.oneOf(
                                        "method",
                                        "online: a copy is upgraded while the cluster serves; brief: nobody can write for some"
                                                + " seconds. Without it online, where that can be",
                                        "brief",
                                        "online"),
                                ENDS),
                        given -> checks.checkUpgrade(
                                given.cluster(),
                                new UpgradeResource.Wanted(
                                        given.text("version"),
                                        given.text("method"),
                                        null,
                                        given.flag(END_TRANSACTIONS)))),
                new Tool(
                        "undo_upgrade",
                        "Undo the last major upgrade",
                        "Goes back to the version before the last major upgrade, with what was written since where that can be. What"
                                + " would be lost makes the operation fail, by name, unless discard says that it may be.",
                        Tool.Effect.DESTROYS,
                        List.of(Scopes.DATABASE_UPDATE),
                        Tool.DATABASE,
                        List.of(
                                Tool.CLUSTER,
                                Parameter.flag("discard", "Whether what was written since may be lost"),
                                ENDS),
                        given -> undo.undoUpgrade(
                                given.cluster(), given.flag("discard"), given.flag(END_TRANSACTIONS))));
    }
}
