package dev.mooring.operation.worker;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;

/** graphile-worker in a Node process, without the local queue and without batched completion. */
final class GraphileWorker implements Contestant {

    private final Process process;
    private final BufferedWriter commands;
    private final BufferedReader answers;

    /**
     * @param folder with worker.js and its installed packages
     */
    GraphileWorker(Path folder, String url, int slots) throws IOException {
        process = new ProcessBuilder("node", "worker.js", url, Integer.toString(slots))
                .directory(folder.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        commands = process.outputWriter();
        answers = process.inputReader();
        ask("ready");
    }

    @Override
    public String name() {
        return "graphile-worker";
    }

    @Override
    public void fill(Connection connection, int jobs, Instant due) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("truncate graphile_worker._private_jobs");
        }
        try (PreparedStatement insert = connection.prepareStatement("select count(*) from graphile_worker.add_jobs(array("
                + "select ('noop', '{}', null, ?, null, null, null, null)::graphile_worker.job_spec"
                + " from generate_series(1, ?)))")) {
            insert.setObject(1, due.atOffset(ZoneOffset.UTC));
            insert.setInt(2, jobs);
            insert.executeQuery().close();
        }
    }

    @Override
    public Duration drain(Connection connection, int jobs, Instant due) throws IOException, InterruptedException {
        Stopwatch.sleepUntil(due);
        return Duration.ofNanos(nanos(ask("drain " + jobs).getDouble("millis")));
    }

    @Override
    public long[] trickle(Connection connection, int perSecond, int jobs) throws IOException {
        JsonArray millis = ask("trickle " + perSecond + " " + jobs).getJsonArray("latencies");
        return millis.stream().mapToLong(one -> nanos(((Number) one).doubleValue())).toArray();
    }

    private static long nanos(double millis) {
        return Math.round(millis * 1_000_000);
    }

    private JsonObject ask(String command) throws IOException {
        commands.write(command + "\n");
        commands.flush();
        String answer = answers.readLine();
        if (answer == null) {
            throw new IOException("worker.js ended at: " + command);
        }
        return new JsonObject(answer);
    }

    @Override
    public String unfinished() {
        return "select from graphile_worker._private_jobs limit 1";
    }

    @Override
    public void close() throws IOException {
        commands.close();
        process.onExit()
                .orTimeout(10, TimeUnit.SECONDS)
                .exceptionally(late -> process.destroyForcibly())
                .join();
    }
}
