package dev.mooring.database.cluster;

import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A user on the wire.
 *
 * @param settings null unless the caller set something: Terraform would see a change in an empty object
 */
@Schema(name = "DatabaseUser")
public record UserView(
        @Schema(examples = "app") String name,
        @Schema(enumeration = {"primary", "normal"}) String role,

        @Schema(description = "Left out without the scope database:view_credentials") @Nullable
        String password,

        @Schema(description = "Of a user of a Kafka cluster: what it logs in with at the port application_ports.mtls")
        @Nullable
        String accessCert,

        @Schema(description = "The key of it") @Nullable String accessKey,

        @Nullable Settings settings) {

    @Schema(name = "UserSettings")
    public record Settings(
            @Schema(description = "May open replication connections") @Nullable
            Boolean pgAllowReplication,

            @Schema(description = "What a user of a Kafka cluster may do with which topics; nothing without it")
            @Nullable
            List<TopicAcl> acl) {}
}
