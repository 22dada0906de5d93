package dev.mooring.operation.api;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.operation.Operation;
import dev.mooring.operation.queue.Operations;
import dev.mooring.web.ApiException;
import io.quarkus.arc.All;
import io.quarkus.security.ForbiddenException;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The operations that a caller may look at or change, by the rules of their kinds. */
@ApplicationScoped
class KnownRules {

    private static final String APPS = "app:";

    private final Map<String, OperationRules> byKind = new HashMap<>();
    private final Operations operations;
    private final Caller caller;

    KnownRules(@All List<OperationRules> all, Operations operations, Caller caller) {
        this.operations = operations;
        this.caller = caller;
        for (OperationRules rules : all) {
            for (String kind : rules.kinds()) {
                if (byKind.put(kind, rules) != null) {
                    throw new IllegalStateException("two rules for operations of kind " + kind);
                }
            }
        }
    }

    /** The kinds that the caller may look at: those of apps need another scope than those of databases. */
    String[] readableKinds() {
        return byKind.entrySet().stream()
                .filter(entry -> caller.may(readScope(entry.getValue(), entry.getKey())))
                .map(Map.Entry::getKey)
                .toArray(String[]::new);
    }

    /** One of the caller's; fails with 404. */
    Uni<Operation> find(String id) {
        return operations.find(id(id)).map(operation -> {
            if (operation == null || !operation.team().equals(caller.team())) {
                throw ApiException.notFound("operation not found");
            }
            return operation;
        });
    }

    private static UUID id(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw ApiException.notFound("operation not found");
        }
    }

    /** The same; fails with 403 too, when the caller may not look at it. */
    Uni<Operation> readable(String id) {
        return find(id).invoke(operation -> require(readScope(of(operation), operation.kind())));
    }

    /**
     * Fails with 403 when the caller may not ask for such a change.
     *
     * @return the rules of its kind
     */
    OperationRules requireChange(Operation operation) {
        OperationRules rules = of(operation);
        require(rules.scope(operation.kind()));
        return rules;
    }

    /** Whether the caller may ask for a change of that kind. */
    boolean mayChange(String kind) {
        OperationRules rules = byKind.get(kind);
        return rules != null && caller.may(rules.scope(kind));
    }

    private OperationRules of(Operation operation) {
        OperationRules rules = byKind.get(operation.kind());
        if (rules == null) {
            throw ApiException.unprocessable(
                    "operations of the kind " + operation.kind() + " are not known to this version of Mooring");
        }
        return rules;
    }

    private static String readScope(OperationRules rules, String kind) {
        return rules.scope(kind).startsWith(APPS) ? Scopes.APP_READ : Scopes.DATABASE_READ;
    }

    private void require(String scope) {
        if (!caller.may(scope)) {
            throw new ForbiddenException("the token lacks the scope " + scope);
        }
    }
}
