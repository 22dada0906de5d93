package dev.mooring.operation.worker;

import dev.mooring.operation.Next;
import dev.mooring.operation.Program;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;

/** A program that is over at once: what is left to measure is the engine. */
@Singleton
public class NoOp implements Program<NoOp.Steps, NoOp.Nothing, NoOp.Nothing> {

    public enum Steps implements Step {
        ONLY;

        @Override
        public String words() {
            return "Doing nothing";
        }
    }

    public record Nothing() {}

    /** Of the run under way. */
    volatile Stopwatch stopwatch;

    @Override
    public String kind() {
        return "no-op";
    }

    @Override
    public Class<Steps> steps() {
        return Steps.class;
    }

    @Override
    public Class<Nothing> wishType() {
        return Nothing.class;
    }

    @Override
    public Class<Nothing> factsType() {
        return Nothing.class;
    }

    @Override
    public Nothing noFacts() {
        return new Nothing();
    }

    @Override
    public Steps rollBack() {
        return Steps.ONLY;
    }

    @Override
    public Next run(Steps step, Task<Nothing, Nothing> task) {
        stopwatch.start(task.id().toString());
        return Next.done(null);
    }
}
