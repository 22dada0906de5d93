package dev.mooring.dataplane.local.upgrade.server;

import io.quarkus.runtime.annotations.RegisterForProxy;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sessions that are open already when every moment counts: connecting takes longer than most of what is asked. One for each
 * database of a server, for one thread.
 */
@RegisterForProxy(targets = Connection.class)
@RegisterForReflection(targets = Connection.class)
public final class Sessions implements AutoCloseable {

    private final Map<String, Connection> open = new LinkedHashMap<>();

    /** @param side without sessions of its own */
    public Sessions(PostgresServer side, List<String> databases) throws SQLException {
        try {
            for (String database : databases) {
                open.put(database, side.open(database));
            }
        } catch (SQLException e) {
            close();
            throw e;
        }
    }

    /** Stays open when it is closed. */
    @Nullable
    Connection of(String database) {
        Connection connection = open.get(database);
        return connection == null
                ? null
                : (Connection) Proxy.newProxyInstance(
                        Sessions.class.getClassLoader(),
                        new Class<?>[] {Connection.class},
                        (proxy, method, arguments) -> {
                            if (method.getName().equals("close")) {
                                return null;
                            }
                            try {
                                return method.invoke(connection, arguments);
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        });
    }

    @Override
    public void close() {
        for (Connection connection : open.values()) {
            try {
                connection.close();
            } catch (SQLException gone) {
                // Its server has been stopped.
            }
        }
    }
}
