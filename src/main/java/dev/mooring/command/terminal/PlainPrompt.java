package dev.mooring.command.terminal;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Statements typed at a terminal, over the driver that Mooring has anyway: where there is no psql. */
public final class PlainPrompt {

    /** More would fill this process's memory, and no screen. */
    private static final int MOST_ROWS = 1000;

    private static final int LOST = 2;

    private final BufferedReader in;
    private final PrintStream out;
    private final PrintStream err;
    private volatile @Nullable Statement running;
    private volatile boolean dropped;

    /**
     * @param out gets answers
     * @param err gets prompts and errors
     */
    public PlainPrompt(BufferedReader in, PrintStream out, PrintStream err) {
        this.in = in;
        this.out = out;
        this.err = err;
    }

    /**
     * @param url of the driver
     * @param session properties of the driver
     * @return the exit code: 0, or as psql's 2 when the session was lost
     */
    public int run(String url, Properties session) throws IOException, SQLException {
        session.setProperty("gssEncMode", "disable");
        session.setProperty("preferQueryMode", "simple");
        session.setProperty("ApplicationName", "mooring psql");
        Interrupts.call(this::interrupted);
        try (Connection connection = new Driver().connect(url, session)) {
            err.println("A plain prompt: ; ends a statement, \\q the session. Install psql for everything else.");
            String name = connection.getCatalog();
            Typed typed = new Typed();
            while (true) {
                err.print(name + (typed.isBlank() ? "=> " : "-> "));
                err.flush();
                String line = in.readLine();
                if (dropped) {
                    dropped = false;
                    typed.take();
                }
                if (line == null || typed.isBlank() && line.strip().equals("\\q")) {
                    return typed.isBlank() || execute(connection, typed.take()) ? 0 : LOST;
                }
                typed.add(line);
                if (typed.ends() && !execute(connection, typed.take())) {
                    return LOST;
                }
            }
        }
    }

    /** @return whether the session goes on */
    private boolean execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setMaxRows(MOST_ROWS + 1);
            running = statement;
            boolean rows = statement.execute(sql);
            while (rows || statement.getUpdateCount() >= 0) {
                if (rows) {
                    print(statement.getResultSet());
                } else {
                    out.println(counted(statement.getUpdateCount()));
                }
                rows = statement.getMoreResults();
            }
            for (SQLWarning notice = statement.getWarnings(); notice != null; notice = notice.getNextWarning()) {
                err.println("NOTICE:  " + Table.plain(String.valueOf(notice.getMessage())));
            }
        } catch (SQLException e) {
            err.println(Table.plain(told(e)) + " (SQLSTATE " + e.getSQLState() + ")");
        } finally {
            running = null;
        }
        return !connection.isClosed();
    }

    /** Without where in the server's source it arose. */
    private static String told(SQLException e) {
        ServerErrorMessage said = e instanceof PSQLException server ? server.getServerErrorMessage() : null;
        return said == null
                ? String.valueOf(e.getMessage())
                : Stream.of(said.getSeverity() + ":  " + said.getMessage(), said.getDetail(), said.getHint())
                        .filter(Objects::nonNull)
                        .collect(Collectors.joining(". "));
    }

    private void print(ResultSet answer) throws SQLException {
        ResultSetMetaData columns = answer.getMetaData();
        String[] cells = new String[columns.getColumnCount()];
        for (int i = 0; i < cells.length; i++) {
            cells[i] = columns.getColumnLabel(i + 1);
        }
        Table table = new Table(cells);
        int rows = 0;
        while (answer.next() && rows < MOST_ROWS) {
            rows++;
            for (int i = 0; i < cells.length; i++) {
                String value = answer.getString(i + 1);
                cells[i] = value == null ? "" : value;
            }
            table.row(cells);
        }
        out.print(table);
        out.println(answer.isAfterLast() || rows < MOST_ROWS ? counted(rows) : "the first " + counted(rows));
    }

    private static String counted(int rows) {
        return rows == 1 ? "(1 row)" : "(" + rows + " rows)";
    }

    /** Cancels what runs; else drops what has been typed, as the terminal drops its line. */
    private void interrupted() {
        Statement now = running;
        try {
            if (now != null) {
                now.cancel();
            } else {
                dropped = true;
                err.println();
            }
        } catch (SQLException e) {
            err.println("it could not be cancelled: " + Table.plain(String.valueOf(e.getMessage())));
        }
    }
}
