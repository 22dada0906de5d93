package dev.mooring.operation;

/** What every program answers alike, told once. */
public abstract class NamedProgram<S extends Enum<S> & Step, W, F> implements Program<S, W, F> {

    private final String kind;
    private final Class<S> steps;
    private final S rollBack;
    private final Class<W> wishType;
    private final F noFacts;

    protected NamedProgram(String kind, Class<S> steps, S rollBack, Class<W> wishType, F noFacts) {
        this.kind = kind;
        this.steps = steps;
        this.rollBack = rollBack;
        this.wishType = wishType;
        this.noFacts = noFacts;
    }

    @Override
    public final String kind() {
        return kind;
    }

    @Override
    public final Class<S> steps() {
        return steps;
    }

    @Override
    public final S rollBack() {
        return rollBack;
    }

    @Override
    public final Class<W> wishType() {
        return wishType;
    }

    @Override
    @SuppressWarnings("unchecked")
    public final Class<F> factsType() {
        return (Class<F>) noFacts.getClass();
    }

    @Override
    public final F noFacts() {
        return noFacts;
    }
}
