package dev.mooring.app.log;

import dev.mooring.app.runtime.ManagedProcess;
import dev.mooring.app.runtime.RunningApps;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Logs as plain text, for who has a link. */
@Path("/mooring/v1/logs")
@Tag(name = "App logs")
public class AppLogTextResource {

    static final String PATH = "/mooring/v1/logs/";

    private static final int MOST_BYTES = 4 << 20;

    private final RunningApps apps;
    private final AppLogLinks links;

    AppLogTextResource(RunningApps apps, AppLogLinks links) {
        this.apps = apps;
        this.links = links;
    }

    @GET
    @Path("{link}")
    @Produces(MediaType.TEXT_PLAIN)
    @PermitAll
    @RunOnVirtualThread
    @Operation(
            summary = "The logs behind a link",
            description =
                    "For 15 minutes, without a token, as long as the token is valid that asked for the link. Each line begins with the process and a dash: its time is not known.")
    public String read(String link) throws IOException {
        AppLogLinks.Wanted wanted = links.open(link).await().indefinitely();
        StringBuilder text = new StringBuilder();
        for (String name : apps.folder(wanted.app()).works(wanted.deployment())) {
            if (wanted.includes(name)) {
                ManagedProcess work = apps.work(wanted.app(), wanted.deployment(), name);
                ManagedProcess.tail(work.log(), MOST_BYTES)
                        .lines()
                        .forEach(line -> text.append(line(name, line)).append('\n'));
            }
        }
        return last(text.toString(), wanted.lines());
    }

    /** Clients cut two words off in front of each line when they are asked for the line alone. */
    static String line(String work, String line) {
        return work + " - " + line;
    }

    private static String last(String text, @Nullable Integer lines) {
        if (lines == null || lines < 0) {
            return text;
        }
        List<String> all = text.lines().toList();
        return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()))
                + (all.isEmpty() ? "" : "\n");
    }
}
