package dev.mooring.operation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.arc.All;
import io.smallrye.mutiny.Uni;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The programs and their aftermaths by kind, and their wishes, facts and receipts as JSON. */
@ApplicationScoped
public class Programs {

    private final Map<Key, Program<?, ?, ?>> programs = new HashMap<>();
    private final Map<String, OutcomeHandler> aftermaths = new HashMap<>();
    private final ObjectMapper mapper;

    Programs(@All List<Program<?, ?, ?>> programs, @All List<OutcomeHandler> aftermaths, ObjectMapper mapper) {
        this.mapper = mapper;
        for (Program<?, ?, ?> program : programs) {
            Key key = new Key(program.kind(), program.plane(), program.engine());
            if (this.programs.put(key, program) != null) {
                throw new IllegalStateException("two programs for " + key);
            }
        }
        for (OutcomeHandler aftermath : aftermaths) {
            for (String kind : aftermath.kinds()) {
                this.aftermaths.merge(kind, aftermath, Both::new);
            }
        }
    }

    private record Key(String kind, String plane, String engine) {
        /** As a claim compares it. */
        String text() {
            return kind + " " + plane + " " + engine;
        }
    }

    /** What two features make of the same operation. */
    private record Both(OutcomeHandler one, OutcomeHandler other) implements OutcomeHandler {
        @Override
        public Set<String> kinds() {
            return one.kinds();
        }

        @Override
        public Uni<Void> write(SqlConnection transaction, Outcome outcome) {
            return one.write(transaction, outcome).chain(() -> other.write(transaction, outcome));
        }

        @Override
        public void committed(Outcome outcome) {
            one.committed(outcome);
            other.committed(outcome);
        }
    }

    /** What this Mooring can run: kind, plane and engine of each program, with a space between. */
    public String[] runnable() {
        return programs.keySet().stream().map(Key::text).toArray(String[]::new);
    }

    /** That of an operation which was claimed: nobody claims what this version of Mooring does not know. */
    public Program<?, ?, ?> of(Operation operation) {
        Key key = new Key(operation.kind(), operation.plane(), operation.engine());
        return Objects.requireNonNull(programs.get(key), key::text);
    }

    /** Null when nothing follows from operations of this kind. */
    public @Nullable OutcomeHandler aftermath(String kind) {
        return aftermaths.get(kind);
    }

    /** The kinds that nothing follows from. */
    public String[] withoutAftermath() {
        return programs.keySet().stream()
                .map(Key::kind)
                .distinct()
                .filter(kind -> !aftermaths.containsKey(kind))
                .toArray(String[]::new);
    }

    /** In a form that the table takes, whatever texts it holds. */
    public @Nullable String write(@Nullable Object value) {
        try {
            return value == null ? null : StorableText.ofJson(mapper.writeValueAsString(value), mapper);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a row that was written with this value would give back, for rows that take it from the program itself. */
    @SuppressWarnings("unchecked")
    public <T> T asStored(T value) {
        try {
            String plain = mapper.writeValueAsString(value);
            String stored = StorableText.ofJson(plain, mapper);
            return plain.equals(stored) ? value : (T) mapper.readValue(stored, value.getClass());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    public <T> T read(JsonObject json, Class<T> type) {
        try {
            return mapper.readValue(json.encode(), type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(
                    "stored JSON does not fit " + type.getName() + ": " + e.getOriginalMessage());
        }
    }
}
