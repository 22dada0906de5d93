package dev.mooring.start;

import dev.mooring.home.MooringHome;
import dev.mooring.process.SocketOwners;
import dev.mooring.start.listen.Listening;
import dev.mooring.start.preflight.EarlySettings;
import dev.mooring.start.preflight.Preflight;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Whether this machine is as this process's settings want it, for a start and for who looks before one. */
public final class Machine {

    private Machine() {}

    /**
     * The settings, and then the machine. Nothing is made.
     *
     * @param listens whether the ports of the API have to be free
     * @param warnings hears what does not stand in the way
     * @throws IllegalArgumentException which tells all that is wrong, a line each
     */
    public static void check(boolean listens, Consumer<String> warnings) {
        Preflight preflight = new Preflight(EarlySettings::get, warnings);
        preflight.checkSettings(System.getenv().keySet());
        Role role = Role.configured();
        Listening listening = Listening.configured();
        boolean keepsDatabases = role.runsOperations() || EarlySettings.get(Bootstrap.REACTIVE_URL) == null;
        if (keepsDatabases && !SocketOwners.told()) {
            warnings.accept(
                    "this system does not tell which account holds a port, so Mooring cannot see when another one has taken"
                            + " the port of a server that is down; let nobody else have an account here");
        }
        preflight.checkMachine(
                MooringHome.configured(),
                keepsDatabases,
                listening.address(),
                listens && role != Role.MIGRATE ? ports(listening) : Map.of());
    }

    private static Map<String, Integer> ports(Listening listening) {
        Map<String, Integer> ports = new TreeMap<>();
        if (listening.http()) {
            ports.put("quarkus.http.port", port("quarkus.http.port", 8080));
        }
        if (listening.https()) {
            ports.put("quarkus.http.ssl-port", port("quarkus.http.ssl-port", 8443));
        }
        return ports;
    }

    private static int port(String property, int standard) {
        String set = EarlySettings.get(property);
        return set == null ? standard : Integer.parseInt(set.strip());
    }
}
