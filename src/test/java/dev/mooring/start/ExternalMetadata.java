package dev.mooring.start;

import dev.mooring.support.Api;
import dev.mooring.support.MooringProcess;
import io.restassured.path.json.JsonPath;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/** A cluster of one Mooring as the metadata database of others, as a user could have it. */
final class ExternalMetadata implements AutoCloseable {

    private final MooringProcess owner;
    private final JsonPath created;

    ExternalMetadata(String ports) throws IOException {
        owner = new MooringProcess(ports).start();
        // Each Mooring on it may take 23 connections.
        created = owner.api()
                .body(Api.clusterBody(Api.uniqueName(), "17").replace("db-s-1vcpu-1gb", "db-s-2vcpu-4gb"))
                .post("/v2/databases")
                .jsonPath();
        owner.awaitOnline(created.getString("database.id"));
    }

    int port() {
        return created.getInt("database.connection.port");
    }

    Map<String, String> settings() throws IOException {
        return settings(port());
    }

    /** The same through another port. */
    Map<String, String> settings(int port) throws IOException {
        return new HashMap<>(Map.of(
                "QUARKUS_DATASOURCE_REACTIVE_URL",
                "postgresql://localhost:" + port + "/defaultdb?sslmode=require",
                "QUARKUS_DATASOURCE_REACTIVE_TRUST_CERTIFICATE_PEM",
                "true",
                "QUARKUS_DATASOURCE_REACTIVE_TRUST_CERTIFICATE_PEM_CERTS",
                owner.home().tls().resolve("clusters-ca.crt").toString(),
                "QUARKUS_DATASOURCE_USERNAME",
                "doadmin",
                "QUARKUS_DATASOURCE_PASSWORD",
                password(),
                "MOORING_ENCRYPTION_KEY",
                Base64.getEncoder().encodeToString(new byte[32])));
    }

    Connection connect() throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://localhost:" + port() + "/defaultdb?sslmode=require", "doadmin", password());
    }

    private String password() {
        return created.getString("database.connection.password");
    }

    @Override
    public void close() throws IOException, InterruptedException {
        owner.close();
    }
}
