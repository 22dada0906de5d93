package dev.mooring.database.cluster;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.util.UUID;

/** A logical database of a cluster. */
@Entity
@Table(name = "cluster_database")
@IdClass(MemberId.class)
public class ClusterDatabase extends PanacheEntityBase {

    @Id
    public UUID cluster;

    @Id
    public String name;

    /** Order of listing. */
    public int position;

    /** See {@link MemberState}. */
    public String state;

    /** The cluster's revision at which this last changed. */
    public long revision;
}
