package dev.mooring.database.cluster;

import java.io.Serializable;
import java.util.Objects;
import java.util.UUID;

/** The key of what has a name within a cluster. */
public class MemberId implements Serializable {

    public UUID cluster;
    public String name;

    @SuppressWarnings("NullAway.Init") // Hibernate sets the fields
    public MemberId() {}

    @Override
    public boolean equals(Object other) {
        return other instanceof MemberId that
                && Objects.equals(cluster, that.cluster)
                && Objects.equals(name, that.name);
    }

    @Override
    public int hashCode() {
        return Objects.hash(cluster, name);
    }
}
