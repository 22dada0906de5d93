package dev.mooring.dboscloud;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mooring.dboscloud.instance.Instance;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** An instance on the wire. Members are there also when they are null: clients take an absent one for something else. */
@Schema(name = "CloudInstance")
@RegisterForReflection
@JsonInclude(JsonInclude.Include.ALWAYS)
public record InstanceView(
        @JsonProperty("PostgresInstanceName") String name,

        @Schema(description = "available once it can be used; clients wait for it, and know no other")
        @JsonProperty("Status")
        String status,

        @JsonProperty("HostName") String host,
        @JsonProperty("Port") int port,
        @JsonProperty("DatabaseUsername") String user,

        @Schema(description = "What clients before 1.7 read") @JsonProperty("AdminUsername")
        String adminUser,

        @Schema(description = "Who runs migrations") @JsonProperty("DBOSAdminName")
        String dbosAdmin,

        @JsonProperty("IsLinked") boolean linked,

        @Schema(nullable = true, description = "What the owner of a linked one gave as that; null for nothing")
        @JsonProperty("SupabaseReference")
        @Nullable
        String supabaseReference) {

    private static final String AVAILABLE = "available";
    private static final String FAILED = "failed";
    private static final String LOOPBACK = "localhost";

    static InstanceView of(Instance instance) {
        return new InstanceView(
                instance.name(),
                status(instance),
                host(instance),
                instance.port(),
                instance.user(),
                instance.user(),
                instance.admin() == null ? "dbosadmin" : instance.admin(),
                instance.linked(),
                instance.supabaseReference());
    }

    private static String status(Instance instance) {
        if (instance.online()) {
            return AVAILABLE;
        }
        return instance.failure() == null ? instance.status() : FAILED;
    }

    /**
     * DBOS's SDK asks for TLS, which clusters insist on, for every host but one that is spelled exactly {@code localhost}.
     * To everybody else this is the same name, in certificates too.
     */
    private static String host(Instance instance) {
        return instance.host().equals(LOOPBACK) && !instance.linked()
                ? LOOPBACK.toUpperCase(Locale.ROOT)
                : instance.host();
    }
}
