package dev.mooring.web.openapi;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.UncheckedIOException;
import java.util.Map;
import org.eclipse.microprofile.openapi.models.Operation;

/** A body that works, for the operations that people begin with. */
final class Examples {

    private static final Map<String, String> BODIES = Map.of(
            "databases_create",
            """
            {"name": "orders", "engine": "pg", "version": "18", "size": "db-s-1vcpu-1gb", "region": "nyc1", "num_nodes": 1}""",
            "databases_config_change",
            """
            {"config": {"work_mem": 8, "max_connections": 50}}""",
            "databases_resize",
            """
            {"size": "db-s-1vcpu-2gb", "num_nodes": 2}""",
            "databases_firewall_replace",
            """
            {"rules": [{"type": "ip_addr", "value": "192.0.2.0/24"}]}""",
            "databases_users_create",
            """
            {"name": "reporting"}""",
            "databases_dbs_create",
            """
            {"name": "billing"}""",
            "databases_pools_create",
            """
            {"name": "web", "mode": "transaction", "size": 5, "db": "defaultdb", "user": "doadmin"}""",
            "apps_create",
            """
            {"spec": {"name": "shop", "services": [{"name": "web", "git": {"repo_clone_url": "https://example.com/shop.git",\
             "branch": "main"}, "run_command": "node server.js"}], "databases": [{"name": "db", "engine": "PG"}]}}""",
            "mooring_tokens_create",
            """
            {"name": "ci", "scopes": ["database:read"], "expires_at": "2099-01-31T00:00:00Z"}""");

    private Examples() {}

    static void add(Operation operation) {
        String body = BODIES.get(operation.getOperationId());
        if (body == null) {
            return;
        }
        try {
            Object example = new ObjectMapper().readValue(body, Object.class);
            operation.getRequestBody().getContent().getMediaTypes().values().forEach(type -> type.setExample(example));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
