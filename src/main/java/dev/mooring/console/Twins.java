package dev.mooring.console;

import io.quarkus.qute.TemplateGlobal;
import java.util.List;

/** What a form sends, as the API's JSON: each has an example of its own, because the command beside a form is to be run. */
public record Twins(
        String create,
        String user,
        String rules,
        String replica,
        String pool,
        String poolChange,
        String resize,
        String config,
        String maintenance,
        String restore,
        String policy,
        String upgrade,
        String convert,
        String trust,
        String propose,
        String spec) {

    @TemplateGlobal
    static Twins twins() {
        return new Twins(
                "{\"name\":\"NAME\",\"engine\":\"ENGINE\",\"version\":\"VERSION\",\"size\":\"SIZE\",\"num_nodes\":1,\"region\":\"REGION\"}",
                "{\"name\":\"NAME\"}",
                "{\"rules\":[{\"type\":\"ip_addr\",\"value\":\"192.0.2.0/24\"}]}",
                "{\"name\":\"NAME\",\"size\":\"SIZE\"}",
                "{\"name\":\"NAME\",\"mode\":\"transaction\",\"size\":10,\"db\":\"defaultdb\",\"user\":\"doadmin\"}",
                "{\"mode\":\"transaction\",\"size\":10,\"db\":\"defaultdb\"}",
                "{\"size\":\"SIZE\",\"num_nodes\":1}",
                "{\"config\":{\"work_mem\":8}}",
                "{\"day\":\"saturday\",\"hour\":\"03:00\"}",
                "{\"name\":\"NAME\",\"engine\":\"ENGINE\",\"size\":\"SIZE\",\"num_nodes\":1,\"region\":\"REGION\",\"backup_restore\":{\"database_name\":\"ID\",\"backup_created_at\":\"MOMENT\"}}",
                "{\"retention_hours\":168,\"drill_hours\":24,\"synchronous\":false}",
                "{\"version\":\"VERSION\",\"undo_hours\":24}",
                "{\"name\":\"NAME\",\"size\":\"SIZE\",\"num_nodes\":1}",
                "{\"enable\":true}",
                "{\"app_id\":\"ID\",\"spec\":{\"name\":\"NAME\",\"region\":\"REGION\",\"databases\":[{\"engine\":\"PG\",\"name\":\"db\"}]}}",
                "{\"spec\":{\"name\":\"NAME\",\"region\":\"REGION\",\"databases\":[{\"engine\":\"PG\",\"name\":\"db\"}]}}");
    }

    @TemplateGlobal
    static List<String> days() {
        return List.of("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday");
    }
}
