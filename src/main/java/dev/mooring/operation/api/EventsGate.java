package dev.mooring.operation.api;

import dev.mooring.access.Caller;
import dev.mooring.operation.Operations;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.NameBinding;
import jakarta.ws.rs.core.UriInfo;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/** Asks whose an operation is before its stream begins: an answer that has begun can be no 404 any more. */
class EventsGate {

    private final Operations operations;
    private final Caller caller;

    EventsGate(Operations operations, Caller caller) {
        this.operations = operations;
        this.caller = caller;
    }

    /** On what streams an operation of which the path has the id. */
    @NameBinding
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.METHOD)
    @interface OwnOperation {}

    @OwnOperation
    @ServerRequestFilter
    public Uni<Void> check(UriInfo uri) {
        return operations
                .find(OperationResource.id(uri.getPathParameters().getFirst("id")))
                .invoke(operation -> OperationResource.requireOwn(operation, caller))
                .replaceWithVoid();
    }
}
