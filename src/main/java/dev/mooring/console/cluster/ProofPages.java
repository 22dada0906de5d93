package dev.mooring.console.cluster;

import dev.mooring.console.Forms;
import dev.mooring.console.Frame;
import dev.mooring.console.Html;
import dev.mooring.console.Page;
import dev.mooring.console.Shell;
import dev.mooring.console.Typed;
import dev.mooring.console.operation.Running;
import dev.mooring.console.operation.Timeline;
import dev.mooring.database.backup.ProofResource;
import dev.mooring.database.backup.ProofResource.ProofView;
import dev.mooring.database.backup.RecoveryResource;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What proves that a cluster can be brought back. */
@Page
@Path("/console/databases/{id}/proof")
public class ProofPages {

    private static final String DRILL = "drill-recovery";
    private static final List<String> FIRST =
            List.of("tables_read", "rows_read", "databases", "bytes", "restorable_to", "base_backup", "backup_check");

    private final ClusterReader reader;
    private final ProofResource proofs;
    private final RecoveryResource recovery;
    private final Running running;
    private final Shell shell;
    private final Forms forms;

    ProofPages(
            ClusterReader reader,
            ProofResource proofs,
            RecoveryResource recovery,
            Running running,
            Shell shell,
            Forms forms) {
        this.reader = reader;
        this.proofs = proofs;
        this.recovery = recovery;
        this.running = running;
        this.shell = shell;
        this.forms = forms;
    }

    /** The page. */
    @CheckedTemplate(basePath = "console/cluster")
    static class Templates {
        private Templates() {}

        static native TemplateInstance proof(Frame frame, Seen seen, Proof proof, List<Timeline> drills, Typed typed);
    }

    /**
     * The last proof.
     *
     * @param triedAt RFC 3339; empty as long as no recovery was tried
     * @param failure of the last try; empty when it did not fail
     * @param operation that proved something; empty when none has
     * @param facts what it read
     * @param nextAt RFC 3339; empty for never, and for soon
     */
    public record Proof(String triedAt, String failure, String operation, List<Timeline.Fact> facts, String nextAt) {

        static Proof of(ProofView view) {
            return new Proof(
                    text(view.triedAt()),
                    text(view.failure()),
                    view.operationId() == null ? "" : view.operationId().toString(),
                    Timeline.facts(ordered(view.receipt())),
                    text(view.nextAt()));
        }

        /** What was read comes first. */
        private static Map<String, Object> ordered(@Nullable Map<String, Object> receipt) {
            Map<String, Object> ordered = new LinkedHashMap<>();
            if (receipt != null) {
                FIRST.stream().filter(receipt::containsKey).forEach(name -> ordered.put(name, receipt.get(name)));
                ordered.putAll(receipt);
            }
            return ordered;
        }

        private static String text(@Nullable String text) {
            return text == null ? "" : text;
        }
    }

    @GET
    public Uni<Response> page(String id, @Context UriInfo uri) {
        return draw(id, Typed.NOTHING, uri);
    }

    private Uni<Response> draw(String id, Typed typed, UriInfo uri) {
        return reader.find(id, false, uri)
                .chain(seen -> proofs.proof(id)
                        .chain(proof -> running.of(id, DRILL, uri)
                                .chain(drills -> Html.ok(Templates.proof(
                                        shell.frame(), seen, Proof.of(proof.proof()), drills, typed)))));
    }

    @POST
    @Path("drill")
    public Uni<Response> drill(String id, MultivaluedMap<String, String> form, @Context UriInfo uri) {
        return forms.act(
                form,
                () -> recovery.drill(id).replaceWith(() -> "/console/databases/" + id + "/proof"),
                typed -> draw(id, typed, uri));
    }
}
