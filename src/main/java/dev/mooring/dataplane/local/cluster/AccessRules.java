package dev.mooring.dataplane.local.cluster;

import dev.mooring.dataplane.local.postgres.SuperuserConnection;
import java.util.List;

/** Who may connect from where, as pg_hba.conf: the first line that fits decides. */
public final class AccessRules {

    private static final List<String> EVERYWHERE = List.of("0.0.0.0/0", "::/0");

    private AccessRules() {}

    /**
     * @param sources networks; null for all
     */
    public static String render(List<String> sources) {
        StringBuilder hba = new StringBuilder("# Written by Mooring; changes here are overwritten.\n");
        String superuser = SuperuserConnection.USER;
        hba.append("host all ").append(superuser).append(" samehost scram-sha-256\n");
        hba.append("host replication ").append(superuser).append(" samehost scram-sha-256\n");
        hba.append("host all ").append(superuser).append(" all reject\n");
        for (String source : sources == null ? EVERYWHERE : sources) {
            hba.append("hostssl all all ").append(source).append(" scram-sha-256\n");
            hba.append("hostssl replication all ").append(source).append(" scram-sha-256\n");
        }
        return hba.toString();
    }
}
