package dev.mooring.operation.worker;

import dev.mooring.operation.Next;
import dev.mooring.operation.Operation;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Program;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A program whose steps do what the wish says, so that a test can tell the engine a story. */
@ApplicationScoped
public class TestPrograms implements Program<TestPrograms.Steps, TestPrograms.Wish, TestPrograms.Facts> {

    public enum Steps implements Step {
        FIRST("First"),
        SECOND("Second"),
        ROLL_BACK("Rolling back");

        private final String words;

        Steps(String words) {
            this.words = words;
        }

        @Override
        public String words() {
            return words;
        }

        @Override
        public Duration deadline() {
            return Duration.ofMillis(1);
        }
    }

    /**
     * @param story what FIRST does: go, again, wait, await, fail, break, breakOnce, block, blockAndWait
     * @param other the operation that it awaits
     */
    public record Wish(String story, java.util.UUID other) {
        public Wish(String story) {
            this(story, null);
        }
    }

    public record Facts(int looks) {}

    static final Map<java.util.UUID, CountDownLatch> BLOCKED = new ConcurrentHashMap<>();
    static final Map<java.util.UUID, CountDownLatch> ENTERED = new ConcurrentHashMap<>();
    static final Map<java.util.UUID, AtomicInteger> RUNS = new ConcurrentHashMap<>();

    @Override
    public String kind() {
        return "test";
    }

    @Override
    public Class<Steps> steps() {
        return Steps.class;
    }

    @Override
    public Class<Wish> wishType() {
        return Wish.class;
    }

    @Override
    public Class<Facts> factsType() {
        return Facts.class;
    }

    @Override
    public Facts noFacts() {
        return new Facts(0);
    }

    @Override
    public Steps rollBack() {
        return Steps.ROLL_BACK;
    }

    static CountDownLatch entered(java.util.UUID subject) {
        return ENTERED.computeIfAbsent(subject, id -> new CountDownLatch(1));
    }

    static CountDownLatch blocked(java.util.UUID subject) {
        return BLOCKED.computeIfAbsent(subject, id -> new CountDownLatch(1));
    }

    static int runs(java.util.UUID subject) {
        return RUNS.computeIfAbsent(subject, id -> new AtomicInteger()).get();
    }

    @Override
    public Next run(Steps step, Task<Wish, Facts> task) throws Exception {
        int runs =
                RUNS.computeIfAbsent(task.subject(), id -> new AtomicInteger()).incrementAndGet();
        return switch (step) {
            case FIRST ->
                switch (task.wish().story()) {
                    case "go" -> Next.go(Steps.SECOND);
                    case "wait" -> {
                        task.keep(new Facts(task.facts().looks() + 1));
                        yield task.facts().looks() < 3
                                ? Next.waitFor(Duration.ofMillis(20), "for the third look")
                                : Next.go(Steps.SECOND);
                    }
                    case "again" -> {
                        task.keep(new Facts(task.facts().looks() + 1));
                        yield task.facts().looks() < 3 ? Next.again("looked") : Next.go(Steps.SECOND);
                    }
                    case "await" -> {
                        Operation other = task.find(task.wish().other());
                        yield other == null || other.state().ended()
                                ? Next.go(Steps.SECOND)
                                : Next.waitFor(other.id(), "for the other one");
                    }
                    case "fail" -> throw new OperationFailed("the disk is full");
                    case "break" -> throw new IllegalStateException("broken");
                    case "breakOnce" -> {
                        if (runs == 1) {
                            throw new IllegalStateException("broken once");
                        }
                        yield Next.go(Steps.SECOND);
                    }
                    case "block" -> {
                        entered(task.subject()).countDown();
                        blocked(task.subject()).await();
                        yield Next.go(Steps.SECOND);
                    }
                    case "blockAndWait" -> {
                        entered(task.subject()).countDown();
                        blocked(task.subject()).await();
                        yield Next.waitFor(Duration.ofHours(1), "a long time");
                    }
                    case "waitLong" -> Next.waitFor(Duration.ofHours(1), "a long time");
                    default -> throw new IllegalArgumentException(task.wish().story());
                };
            case SECOND -> Next.done(Map.of("looks", task.facts().looks()));
            case ROLL_BACK -> Next.done(Map.of("rolled_back", true));
        };
    }
}
