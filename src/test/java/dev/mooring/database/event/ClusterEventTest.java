package dev.mooring.database.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Clients that validate know seven types, and meet no other. */
class ClusterEventTest {

    private static final List<String> OFFICIAL = List.of(
            "cluster_maintenance_perform",
            "cluster_master_promotion",
            "cluster_create",
            "cluster_update",
            "cluster_delete",
            "cluster_poweron",
            "cluster_poweroff");

    @Test
    void everyTypeIsToldAsOneThatClientsKnow() throws Exception {
        List<Field> types = Arrays.stream(ClusterEvent.class.getFields())
                .filter(field -> Modifier.isStatic(field.getModifiers()) && field.getType() == String.class)
                .toList();
        assertThat(types).hasSizeGreaterThan(10);
        for (Field type : types) {
            ClusterEvent event = new ClusterEvent();
            event.type = (String) type.get(null);
            assertThat(event.officialType()).isIn(OFFICIAL);
            if (OFFICIAL.contains(event.type)) {
                assertThat(event.officialType()).isEqualTo(event.type);
            }
        }
    }
}
