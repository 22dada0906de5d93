package dev.mooring.support;

import dev.mooring.home.MooringHome;
import dev.mooring.operation.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * Loses the first way out of every step: its work is done, nothing of it is written down, and it is done again, as after a kill at that
 * moment. A trigger in the metadata refuses to write; the product knows nothing of it. Sequences count, because they forget nothing.
 */
public final class EveryStepTwice implements AutoCloseable {

    private final Connection metadata;
    private final List<Program> programs;

    public EveryStepTwice() throws SQLException, IOException {
        this(Program.all());
    }

    /** Of these programs alone. */
    public EveryStepTwice(List<Program> programs) throws SQLException, IOException {
        this.programs = programs;
        MooringHome home = MooringHome.configured();
        metadata = DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:"
                        + Files.readString(home.metadata().resolve("port")).strip() + "/mooring",
                "postgres",
                Files.readString(home.keys().resolve("metadata-password")).strip());
        try (Statement statement = metadata.createStatement()) {
            for (Program program : programs) {
                for (Step step : program.steps()) {
                    statement.execute("create sequence if not exists " + counter(program.kind(), step.name()));
                }
            }
            statement.execute("grant usage on all sequences in schema public to public");
            statement.execute("""
                    create or replace function lose_first() returns trigger language plpgsql as $$
                    begin
                        if old.state = 'running' and (new.step <> old.step or new.state not in ('running', 'queued'))
                                and nextval(format('%I', 'ways out of ' || old.kind || ' ' || old.step)) = 1 then
                            raise exception 'the first way out of % is lost', old.step;
                        end if;
                        return new;
                    end $$;
                    create trigger lose_first before update of state, step on operation
                        for each row execute function lose_first();""");
        }
    }

    private static String counter(String kind, String step) {
        return "\"ways out of " + kind + " " + step + "\"";
    }

    /** The steps that the program has left, each of which has run twice at least. */
    public List<String> left(String kind) throws SQLException {
        return left(Program.of(kind));
    }

    public List<String> left(Program program) throws SQLException {
        List<String> steps = new ArrayList<>();
        for (Step step : program.steps()) {
            try (Statement statement = metadata.createStatement();
                    ResultSet row =
                            statement.executeQuery("select last_value from " + counter(program.kind(), step.name()))) {
                if (row.next() && row.getLong(1) > 1) {
                    steps.add(step.name());
                }
            }
        }
        return steps;
    }

    public void metadata(String command) throws SQLException {
        Api.execute(metadata, command);
    }

    @Override
    public void close() throws SQLException {
        try (metadata) {
            Api.execute(metadata, "drop trigger lose_first on operation");
            for (Program program : programs) {
                for (Step step : program.steps()) {
                    Api.execute(metadata, "drop sequence if exists " + counter(program.kind(), step.name()));
                }
            }
        }
    }
}
