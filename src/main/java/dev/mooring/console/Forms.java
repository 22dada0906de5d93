package dev.mooring.console;

import dev.mooring.access.Caller;
import dev.mooring.web.ApiException;
import io.quarkus.security.ForbiddenException;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.RequestScoped;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;

/** The one way in which a form changes something. */
@RequestScoped
public class Forms {

    private static final String TOKEN = "_form";
    private static final String CONFIRMED = "_confirmed";

    private final Caller caller;
    private final Shell shell;
    private final RoutingContext routing;

    Forms(Caller caller, Shell shell, RoutingContext routing) {
        this.caller = caller;
        this.shell = shell;
        this.routing = routing;
    }

    /**
     * Carries out what a form asks for, when it was sent from a page of the session.
     *
     * @param work what to do; its item is the path to go to afterwards
     * @param again draws the form once more, with what was typed and why it is refused
     */
    public Uni<Response> act(
            MultivaluedMap<String, String> form, Supplier<Uni<String>> work, Function<Typed, Uni<Response>> again) {
        return show(form, () -> work.get().map(Forms::to), again);
    }

    /**
     * The same for a form that says what it would do before it does it.
     *
     * @param ask what has to be confirmed; {@link Question#none()} for nothing
     */
    public Uni<Response> act(
            MultivaluedMap<String, String> form,
            Supplier<Uni<Question>> ask,
            Supplier<Uni<String>> work,
            Function<Typed, Uni<Response>> again) {
        Supplier<Uni<Response>> done = () -> work.get().map(Forms::to);
        if (form.getFirst(CONFIRMED) != null) {
            return show(form, done, again);
        }
        return show(
                form,
                () -> ask.get().chain(question -> question.asked() ? again.apply(asked(form, question)) : done.get()),
                again);
    }

    private Typed asked(MultivaluedMap<String, String> form, Question question) {
        List<Field> kept = new ArrayList<>(fields(form));
        kept.add(new Field(TOKEN, form.getFirst(TOKEN)));
        kept.add(new Field(CONFIRMED, "yes"));
        return Typed.asked(form, question.about(routing.request().path(), kept));
    }

    /** The same for a form whose answer is a page. */
    public Uni<Response> show(
            MultivaluedMap<String, String> form, Supplier<Uni<Response>> work, Function<Typed, Uni<Response>> again) {
        String action = routing.request().path();
        if (caller.token() == null || shell.session() == null) {
            return Html.answer(
                    401,
                    ConsoleTemplates.signIn(
                            shell.frame(),
                            "",
                            action,
                            fields(form),
                            List.of("Your session has ended. What you typed is kept: sign in, and send it then.")));
        }
        if (!shell.isOfThisSession(form.getFirst(TOKEN))) {
            return Html.answer(
                    403,
                    ConsoleTemplates.goOn(
                            shell.frame(),
                            action,
                            fields(form),
                            "This form was opened in another session, so nothing was done yet."));
        }
        return Uni.createFrom()
                .deferred(work::get)
                .onFailure(Forms::isAnswer)
                .recoverWithUni(failure -> again.apply(new Typed(form, problems(failure)))
                        .map(page -> Response.fromResponse(page)
                                .status(status(failure))
                                .build()));
    }

    public static Response to(String path) {
        return Response.seeOther(URI.create(path)).build();
    }

    /** Without what belongs to the session. */
    static List<Field> fields(MultivaluedMap<String, String> form) {
        List<Field> fields = new ArrayList<>();
        form.forEach((name, values) -> {
            if (!name.equals(TOKEN)) {
                values.forEach(value -> fields.add(new Field(name, value)));
            }
        });
        return fields;
    }

    private static boolean isAnswer(Throwable failure) {
        return failure instanceof ApiException
                || failure instanceof ForbiddenException
                || failure instanceof WebApplicationException;
    }

    private static List<String> problems(Throwable failure) {
        return failure instanceof ForbiddenException
                ? List.of("The token that you signed in with may not do this"
                        + (failure.getMessage() == null ? "." : ": " + failure.getMessage() + "."))
                : Problem.listed(Objects.requireNonNullElse(
                        failure.getMessage(), failure.getClass().getSimpleName()));
    }

    private static int status(Throwable failure) {
        return switch (failure) {
            case ApiException refused -> refused.status();
            case ForbiddenException forbidden -> 403;
            case WebApplicationException other -> other.getResponse().getStatus();
            default -> 500;
        };
    }
}
