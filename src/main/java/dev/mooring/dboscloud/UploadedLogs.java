package dev.mooring.dboscloud;

import dev.mooring.app.log.AppLogLinks;
import dev.mooring.app.runtime.ManagedProcess;
import dev.mooring.app.runtime.RunningApps;
import dev.mooring.dboscloud.application.UploadedApp;
import dev.mooring.operation.Node;
import dev.mooring.web.ApiException;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** What an app whose code is uploaded has written. */
@ApplicationScoped
public class UploadedLogs {

    private static final int MOST_BYTES = 4 << 20;

    private final UploadedApps apps;
    private final RunningApps running;
    private final Node node;

    UploadedLogs(UploadedApps apps, RunningApps running, Node node) {
        this.apps = apps;
        this.running = running;
        this.node = node;
    }

    /**
     * The last lines of the active deployment's processes. Blocks. Fails with 404, or 422 on a node that does not run it.
     *
     * @param most how many lines; 0 for all that are kept
     */
    public String read(UUID team, String name, int most) throws IOException {
        UploadedApp app = apps.find(team, name).await().indefinitely();
        if (app.deployment() == null) {
            return "";
        }
        if (!running.runs() || !node.id().equals(app.node())) {
            throw ApiException.unprocessable("the logs lie on the node that runs the application: ask that one");
        }
        List<String> lines = new ArrayList<>();
        for (String work : running.folder(app.id()).works(app.deployment())) {
            if (AppLogLinks.Type.RUN.includes(work)) {
                ManagedProcess.tail(
                                running.work(app.id(), app.deployment(), work).log(), MOST_BYTES)
                        .lines()
                        .forEach(lines::add);
            }
        }
        int from = most == 0 ? 0 : Math.max(0, lines.size() - most);
        return String.join("\n", lines.subList(from, lines.size()));
    }
}
