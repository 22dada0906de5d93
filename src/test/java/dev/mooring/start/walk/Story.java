package dev.mooring.start.walk;

import dev.mooring.operation.Step;
import dev.mooring.support.Program;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * One way through a program, from what has to be there before to what has to be there afterwards.
 *
 * @param way tells the stories of one program apart; empty where there is one
 * @param prepare answers the cluster or the app that it is about
 * @param begin asks for the operation, and may be cut off
 * @param meanwhile happens while the operation stands before its first step; null for nothing
 * @param done fails unless everything is as it has to be when the operation is done
 * @param undone the same when it was cancelled; null where that cannot be
 * @param cancelledBefore the step before which it is cancelled; null for the first that cannot be, or the end
 * @param passesBy steps that this way does not come by, each with the reason
 */
record Story(
        String kind,
        String way,
        Prepare prepare,
        Work begin,
        Work meanwhile,
        Work done,
        Work undone,
        String cancelledBefore,
        Map<String, String> passesBy) {

    /** How the reason begins for which a step is passed by that another program has too. */
    static final String WALKED_WITH = "walked with ";

    @FunctionalInterface
    interface Prepare {
        String run() throws Exception;
    }

    @FunctionalInterface
    interface Work {
        void on(String subject) throws Exception;
    }

    /**
     * A moment at which Mooring is killed: the work before it is done, and this is about to be written.
     *
     * @param step null for the end
     * @param cancels whether the operation is cancelled on the way there
     */
    record Moment(Story story, String state, String step, boolean cancels) {
        @Override
        public String toString() {
            return story + " " + (step == null ? state : step);
        }
    }

    static Story of(String kind, Prepare prepare, Work begin, Work done) {
        return new Story(kind, "", prepare, begin, null, done, null, null, Map.of());
    }

    Story way(String name) {
        return new Story(kind, name, prepare, begin, meanwhile, done, undone, cancelledBefore, passesBy);
    }

    Story meanwhile(Work work) {
        return new Story(kind, way, prepare, begin, work, done, undone, cancelledBefore, passesBy);
    }

    Story whenCancelled(Work work) {
        return whenCancelledBefore(null, work);
    }

    Story whenCancelledBefore(String step, Work work) {
        return new Story(kind, way, prepare, begin, meanwhile, done, work, step, passesBy);
    }

    Story passesBy(String reason, String... steps) {
        Map<String, String> all = new java.util.HashMap<>(passesBy);
        List.of(steps).forEach(step -> all.put(step, reason));
        return new Story(kind, way, prepare, begin, meanwhile, done, undone, cancelledBefore, Map.copyOf(all));
    }

    Program program() {
        return Program.of(kind);
    }

    /** The steps that this way comes by, as the program has them. */
    List<? extends Step> path() {
        return program().steps().stream()
                .filter(step -> step != program().rollBack() && !passesBy.containsKey(step.name()))
                .toList();
    }

    /** Of every step before it begins, and the end; then of the way back. */
    Stream<Moment> moments() {
        Stream<Moment> there = Stream.concat(
                path().stream().map(step -> new Moment(this, "running", step.name(), false)),
                Stream.of(new Moment(this, "done", null, false)));
        return undone == null
                ? there
                : Stream.concat(
                        there,
                        Stream.of(
                                new Moment(this, "running", program().rollBack().name(), true),
                                new Moment(this, "cancelled", null, true)));
    }

    /** Where it is cancelled: the work of a step is done, and the next is about to be written. */
    Moment pointOfNoReturn() {
        return cancelledBefore != null
                ? new Moment(this, "running", cancelledBefore, true)
                : path().stream()
                        .filter(step -> !step.cancellable())
                        .findFirst()
                        .map(step -> new Moment(this, "running", step.name(), true))
                        .orElse(new Moment(this, "done", null, true));
    }

    @Override
    public String toString() {
        return way.isEmpty() ? kind : kind + ", " + way;
    }
}
