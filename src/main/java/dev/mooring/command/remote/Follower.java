package dev.mooring.command.remote;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.util.Set;

/** Tells the steps of an operation as they come, until it ends. */
public final class Follower {

    private static final long PAUSE_MS = 250;
    private static final Set<String> ENDED = Set.of("done", "failed", "cancelled");

    private final MooringApi api;
    private final PrintStream out;

    /**
     * @param out where the steps are told
     */
    public Follower(MooringApi api, PrintStream out) {
        this.api = api;
        this.out = out;
    }

    /**
     * @return the operation at its end
     * @throws Failure with its reason, when it does not end well
     */
    public JsonNode follow(String operation) throws Failure {
        int told = 0;
        String waiting = "";
        while (true) {
            JsonNode now = api.get("/mooring/v1/operations/" + operation).path("operation");
            for (; told < now.path("steps").size(); told++) {
                out.println(
                        "  " + now.path("steps").get(told).path("description").asText());
            }
            String why = now.path("waiting_for").asText("");
            if (!why.isEmpty() && !why.equals(waiting)) {
                out.println("  waits: " + why);
            }
            waiting = why;
            if (ENDED.contains(now.path("state").asText())) {
                if (!now.path("state").asText().equals("done")) {
                    throw new Failure(
                            now.path("kind").asText() + " " + now.path("state").asText() + ": "
                                    + now.path("error").asText("no reason was given"));
                }
                return now;
            }
            pause();
        }
    }

    /** The operation of a cluster that began last. */
    public JsonNode newest(String cluster) throws Failure {
        return api.get("/mooring/v1/operations?cluster_id=" + cluster)
                .path("operations")
                .path(0);
    }

    private static void pause() throws Failure {
        try {
            Thread.sleep(PAUSE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure("interrupted");
        }
    }
}
