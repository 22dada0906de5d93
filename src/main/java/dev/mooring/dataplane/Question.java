package dev.mooring.dataplane;

import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/** How a plane answers what it has to block for. */
public final class Question {

    private Question() {}

    /** Blocking work on a virtual thread of its own. The answer comes to where it was asked: a request is still known there. */
    public static <T> Uni<T> ask(Callable<T> question) {
        return Uni.createFrom().emitter(emitter -> {
            Context asked = Vertx.currentContext();
            Consumer<Runnable> there = asked == null ? Runnable::run : run -> asked.runOnContext(ignored -> run.run());
            Thread.ofVirtual().start(() -> {
                try {
                    T answer = question.call();
                    there.accept(() -> emitter.complete(answer));
                } catch (Exception e) {
                    there.accept(() -> emitter.fail(e));
                }
            });
        });
    }
}
