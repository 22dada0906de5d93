package dev.mooring.engine.postgres;

import dev.mooring.engine.NodeSize;
import java.util.LinkedHashMap;
import java.util.Map;

/** What follows for a server from the memory and storage of its plan, wherever it runs. */
public final class PlanParameters {

    private static final int CONNECTIONS_PER_GIB = 25;

    private PlanParameters() {}

    /**
     * The shares are the usual ones for a server that PostgreSQL has to itself; work_mem is 1 MB + 0.075 % of the memory, at
     * most 32 MB (the API's documented default).
     *
     * @return server parameters with their units
     */
    public static Map<String, String> of(NodeSize size) {
        int memory = size.memoryMib();
        long storage = size.storageMib();
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("max_connections", Integer.toString(Math.max(25, CONNECTIONS_PER_GIB * memory / 1024)));
        parameters.put("shared_buffers", memory / 5 + "MB");
        parameters.put("effective_cache_size", memory * 7L / 10 + "MB");
        parameters.put("work_mem", Math.min(32 * 1024, 1024 + Math.round(memory * 0.00075 * 1024)) + "kB");
        parameters.put("maintenance_work_mem", Math.clamp(memory / 16, 64, 1024) + "MB");
        parameters.put("min_wal_size", "80MB");
        parameters.put("max_wal_size", Math.clamp(storage / 10, 256, 8192) + "MB");
        // While WAL cannot be archived it is kept, but the database's own room comes first.
        parameters.put("max_slot_wal_keep_size", Math.max(1024, storage / 2) + "MB");
        parameters.put("checkpoint_completion_target", "0.9");
        parameters.put("random_page_cost", "1.1");
        parameters.put("max_worker_processes", Integer.toString(Math.max(8, size.cpus())));
        parameters.put("max_parallel_workers", Integer.toString(Math.max(2, size.cpus())));
        parameters.put("max_parallel_workers_per_gather", Integer.toString(Math.max(1, size.cpus() / 2)));
        return parameters;
    }
}
