package dev.mooring.dataplane.local.upgrade;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Triggers that fire also for replicated rows. What they do on the sending side is replicated itself, so on the receiving side
 * they keep quiet.
 */
public final class Triggers {

    private Triggers() {}

    private static final String LOUD = "select format('alter table %I.%I enable '"
            + " || case tgenabled when 'A' then 'always' else 'replica' end || ' trigger %I', n.nspname, c.relname, tgname)"
            + " from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace"
            + " where not tgisinternal and tgenabled in ('A', 'R')";

    public static void quiet(Side receiving, List<String> databases) throws SQLException, InterruptedException {
        receiving.inEach(databases, (connection, database) -> {
            for (String enabling : Side.strings(connection, LOUD)) {
                Side.execute(
                        connection, enabling.replaceFirst(" enable (always|replica) trigger ", " disable trigger "));
            }
        });
    }

    /** As they are on the other side. */
    public static void restore(Side sending, Side receiving, List<String> databases)
            throws SQLException, InterruptedException {
        Map<String, List<String>> loud = new HashMap<>();
        sending.inEach(databases, (connection, database) -> loud.put(database, Side.strings(connection, LOUD)));
        receiving.inEach(
                databases,
                (connection, database) ->
                        Side.execute(connection, loud.get(database).toArray(String[]::new)));
    }
}
