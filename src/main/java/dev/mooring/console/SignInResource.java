package dev.mooring.console;

import dev.mooring.access.Caller;
import dev.mooring.access.session.SessionCookie;
import dev.mooring.access.session.Sessions;
import dev.mooring.access.session.Transport;
import dev.mooring.web.Effects;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import java.util.List;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** In and out. */
@Path("/console")
public class SignInResource {

    private static final String FIRST = "/console/databases";
    private static final String GIVEN = "token";
    private static final String NEXT = "next";
    private static final String ACTION = "_action";

    private final Sessions sessions;
    private final Transport transport;
    private final Shell shell;
    private final Forms forms;
    private final Caller caller;
    private final Effects effects;
    private final RoutingContext routing;

    SignInResource(
            Sessions sessions,
            Transport transport,
            Shell shell,
            Forms forms,
            Caller caller,
            Effects effects,
            RoutingContext routing) {
        this.sessions = sessions;
        this.transport = transport;
        this.shell = shell;
        this.forms = forms;
        this.caller = caller;
        this.effects = effects;
        this.routing = routing;
    }

    @GET
    public Response first() {
        return Forms.to(FIRST);
    }

    @GET
    @Path("login")
    public Uni<Response> ask(@RestQuery @Nullable String next) {
        return caller.token() != null && next != null && !next.isBlank()
                ? Uni.createFrom().item(Forms.to(own(next)))
                : Html.ok(ConsoleTemplates.signIn(shell.frame(), own(next), "", List.of(), List.of()));
    }

    /** A token, or the code of a link. What had been typed when a session ended comes along, to be sent then. */
    @POST
    @Path("session")
    public Uni<Response> signIn(MultivaluedMap<String, String> form) {
        String given = Typed.text(form, GIVEN);
        String next = own(form.getFirst(NEXT));
        String action = form.getFirst(ACTION) == null ? "" : form.getFirst(ACTION);
        List<Field> kept = Forms.fields(form).stream()
                .filter(field -> !List.of(GIVEN, NEXT, ACTION).contains(field.name()))
                .toList();
        return (given == null ? Uni.createFrom().<Sessions.Begun>nullItem() : sessions.begin(given)).chain(begun -> {
            if (begun == null) {
                return Html.answer(
                        401,
                        ConsoleTemplates.signIn(
                                shell.frame(),
                                next,
                                action,
                                kept,
                                List.of(
                                        given == null
                                                ? "Paste a token, or the code of a link."
                                                : given.startsWith(Sessions.CODE)
                                                        ? "This link has been used already, or is older than a minute. Print another one: ./mooring console"
                                                        : "Mooring knows no such token, or it has ended.")));
            }
            effects.subject("token", begun.token().toString());
            SessionCookie.write(routing.request(), begun.secret(), transport.secure(routing.request()));
            return kept.isEmpty() || action.isEmpty()
                    ? Uni.createFrom().item(Forms.to(next))
                    : Html.ok(ConsoleTemplates.goOn(
                            shell.frame(begun.secret()),
                            own(action),
                            kept,
                            "You are signed in. Nothing was done yet."));
        });
    }

    @POST
    @Path("logout")
    @Page
    public Uni<Response> signOut(MultivaluedMap<String, String> form) {
        return forms.act(
                form,
                () -> ended(shell.session())
                        .invoke(() -> SessionCookie.remove(routing.request(), transport.secure(routing.request())))
                        .replaceWith("/console/login"),
                typed -> Uni.createFrom().item(Forms.to(FIRST)));
    }

    private Uni<Void> ended(@Nullable String session) {
        return session == null ? Uni.createFrom().voidItem() : sessions.end(session);
    }

    /** A path of the console, and of nothing else. */
    private static String own(@Nullable String path) {
        return path != null
                        && path.startsWith("/console/")
                        && path.chars().allMatch(character -> character > ' ' && character < 0x7f && character != '\\')
                        && !path.startsWith("/console/login")
                        && !path.startsWith("/console/session")
                ? path
                : FIRST;
    }
}
