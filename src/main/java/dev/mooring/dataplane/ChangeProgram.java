package dev.mooring.dataplane;

import dev.mooring.operation.NamedProgram;
import dev.mooring.operation.Step;
import java.util.Optional;

/**
 * How one plane makes one change to clusters of one engine. Found by these three, never by its class.
 *
 * @param <S> the steps
 * @param <F> the facts
 */
public abstract class ChangeProgram<S extends Enum<S> & Step, F> extends NamedProgram<S, ClusterSpec, F> {

    private final Change change;
    private final String plane;
    private final String engine;

    /**
     * @param plane as {@link DataPlane#name}
     * @param engine as clients write it, such as {@code pg}
     */
    protected ChangeProgram(Change change, String plane, String engine, Class<S> steps, S rollBack, F noFacts) {
        super(change.kind(), steps, rollBack, ClusterSpec.class, noFacts);
        this.change = change;
        this.plane = plane;
        this.engine = engine;
    }

    public final Change change() {
        return change;
    }

    /** Why the change cannot be made with these settings, in words that go on "it has no …: "; empty where it can. */
    public Optional<String> missing() {
        return Optional.empty();
    }

    @Override
    public final String plane() {
        return plane;
    }

    @Override
    public final String engine() {
        return engine;
    }
}
