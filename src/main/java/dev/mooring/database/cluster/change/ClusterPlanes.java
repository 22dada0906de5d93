package dev.mooring.database.cluster.change;

import dev.mooring.dataplane.DataPlane;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.Unanswered;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import java.util.function.Function;

/** Where clusters live, for whoever asks about one: a plane can be there no more, or not answer. */
@ApplicationScoped
public class ClusterPlanes {

    private static final int CANNOT_NOW = 412;

    private final DataPlanes planes;

    ClusterPlanes(DataPlanes planes) {
        this.planes = planes;
    }

    /** Empty for one that this Mooring does not have (any more): what is stored of its clusters is all that is known of them. */
    public Optional<DataPlane> find(String plane) {
        return planes.find(plane);
    }

    /** Throws a 422 that says what to set where this Mooring does not have it (any more). */
    public DataPlane get(String plane) {
        return find(plane)
                .orElseThrow(() -> ApiException.unprocessable("the cluster lives on the data plane " + plane
                        + ", which this Mooring was started without: start it with MOORING_DATAPLANE=" + plane
                        + "; nothing was changed"));
    }

    /** Fails with 422 where the plane is not there, and with 412 while it cannot answer. */
    public <T> Uni<T> ask(String plane, Function<DataPlane, Uni<T>> question) {
        return Uni.createFrom()
                .deferred(() -> question.apply(get(plane)))
                .onFailure(Unanswered.class)
                .transform(silent -> new ApiException(CANNOT_NOW, silent.getMessage()));
    }
}
