package dev.mooring.operation.worker;

import dev.mooring.operation.NamedProgram;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.OperationState;
import dev.mooring.operation.Outcome;
import dev.mooring.operation.OutcomeHandler;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** What follows from operations whose stories end in something that is hard to write down, or cannot be. */
@ApplicationScoped
class TestAftermath implements OutcomeHandler {

    /** The facts and the error of the last outcome that could be written, by subject. */
    static final Map<UUID, Outcome> WRITTEN = new ConcurrentHashMap<>();

    @Override
    public Set<String> kinds() {
        return Set.of(Teller.KIND);
    }

    /** The database is given what the program says, as rows of features are. */
    @Override
    public Uni<Void> write(SqlConnection tx, Outcome outcome) {
        Teller.Told told = (Teller.Told) outcome.facts();
        String story = ((Teller.Tale) outcome.wish()).story();
        boolean refused = story.equals("nothing follows")
                || story.equals("no end follows") && outcome.state().equals(OperationState.DONE);
        return tx.preparedQuery("select $1::text, $2::text, 1 / $3::int")
                .execute(Tuple.of(told.said(), outcome.error(), refused ? 0 : 1))
                .invoke(() -> WRITTEN.put(outcome.operation().subject(), outcome))
                .replaceWithVoid();
    }

    /** A program that says what its wish tells it to. */
    @Singleton
    static class Teller extends NamedProgram<Teller.Steps, Teller.Tale, Teller.Told> {

        static final String KIND = "tell";
        static final String ANYTHING = "nul \0 half \uD83D other half \uDE00 end";

        enum Steps implements Step {
            TELL("Telling"),
            ROLL_BACK("Taking it back");

            private final String words;

            Steps(String words) {
                this.words = words;
            }

            @Override
            public String words() {
                return words;
            }
        }

        record Tale(String story) {}

        record Told(String said) {}

        Teller() {
            super(KIND, Steps.class, Steps.ROLL_BACK, Tale.class, new Told(null));
        }

        @Override
        public Next run(Steps step, Task<Tale, Told> task) throws Exception {
            if (step == Steps.ROLL_BACK) {
                return Next.done(Map.of("taken_back", ANYTHING));
            }
            task.keep(new Told(ANYTHING));
            task.progress(1, 2, ANYTHING);
            return switch (task.wish().story()) {
                case "fails" -> throw new OperationFailed(ANYTHING);
                case "fails without a word" -> throw new OperationFailed(null);
                case "breaks" -> throw new IllegalStateException(ANYTHING.repeat(10_000));
                case "breaks down" -> throw new StackOverflowError(ANYTHING);
                default -> Next.done(Map.of("said", ANYTHING));
            };
        }
    }
}
