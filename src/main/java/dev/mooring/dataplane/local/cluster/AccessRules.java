package dev.mooring.dataplane.local.cluster;

import dev.mooring.dataplane.local.postgres.SuperuserConnection;
import java.util.List;

/** Who may connect from where, as pg_hba.conf: the first line that fits decides. */
public final class AccessRules {

    private static final List<String> EVERYWHERE = List.of("0.0.0.0/0", "::/0");

    private AccessRules() {}

    private static final String HEAD = "# Written by Mooring; changes here are overwritten.\n" + "host all "
            + SuperuserConnection.USER + " samehost scram-sha-256\nhost replication " + SuperuserConnection.USER
            + " samehost scram-sha-256\n";

    /** Nobody but Mooring. */
    public static String superuserOnly() {
        return HEAD;
    }

    /**
     * @param sources networks; null for all
     */
    public static String render(List<String> sources) {
        StringBuilder hba = new StringBuilder(HEAD);
        String superuser = SuperuserConnection.USER;
        hba.append("host all ").append(superuser).append(" all reject\n");
        for (String source : sources == null ? EVERYWHERE : sources) {
            hba.append("hostssl all all ").append(source).append(" scram-sha-256\n");
            hba.append("hostssl replication all ").append(source).append(" scram-sha-256\n");
        }
        return hba.toString();
    }
}
