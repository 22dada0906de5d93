package dev.mooring.dataplane.local.homebackup;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.UUID;

/**
 * What a backup of a home says of itself: its first file.
 *
 * @param format raised when an older Mooring would misread what follows
 * @param schema version of the metadata's schema
 * @param postgres exact version of the metadata's server
 * @param madeAt RFC 3339
 */
@RegisterForReflection
@JsonIgnoreProperties(ignoreUnknown = true)
public record HomeManifest(int format, UUID home, int schema, String postgres, String madeAt) {
    static final String NAME = "home.json";
    static final int FORMAT = 1;
}
