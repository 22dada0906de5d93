package dev.mooring.dataplane.local.standby.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.engine.postgres.AtLeast;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AtLeastTest {

    private static final String PRIMARY = """
            shared_buffers = '204MB'
            max_connections = '25'
            max_connections = '400'
            effective_cache_size = '1GB'
            work_mem = '1MB'
            max_worker_processes = '8'
            """;

    @Test
    void whatALargerNodeHasMoreOfIsItsOwn() {
        assertThat(AtLeast.over(
                        StandbyConfiguration.written(PRIMARY),
                        Map.of(
                                "shared_buffers",
                                "409MB",
                                "effective_cache_size",
                                "1433MB",
                                "max_worker_processes",
                                "8")))
                .isEqualTo(Map.of("shared_buffers", "409MB", "effective_cache_size", "1433MB"));
    }

    @Test
    void itNeverHasLessThanItsPrimaryWhateverItsPlanSays() {
        assertThat(AtLeast.over(
                        StandbyConfiguration.written(PRIMARY),
                        Map.of("max_connections", "50", "effective_cache_size", "900MB")))
                .isEmpty();
    }

    @Test
    void whatIsNoMatterOfSizeOrCannotBeComparedIsThePrimarys() {
        assertThat(AtLeast.over(
                        StandbyConfiguration.written(PRIMARY), Map.of("work_mem", "9MB", "shared_buffers", "900000")))
                .isEmpty();
        assertThat(AtLeast.over(StandbyConfiguration.written(PRIMARY), Map.of("max_parallel_workers", "9")))
                .isEmpty();
    }
}
