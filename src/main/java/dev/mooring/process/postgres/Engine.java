package dev.mooring.process.postgres;

import java.nio.file.Path;

/**
 * PostgreSQL server programs.
 *
 * @param major such as {@code 16}
 * @param version exact, such as {@code 16.15}
 * @param bin the folder with initdb, pg_ctl and postgres
 */
public record Engine(String major, String version, Path bin) {

    public String program(String name) {
        return bin.resolve(name).toString();
    }
}
