package dev.mooring.web;

import io.micrometer.core.instrument.config.MeterFilter;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** Meters of all HTTP servers of the process under the same labels: Prometheus refuses a name with two sets of them. */
@Singleton
class MeterTags {

    @Produces
    @Singleton
    MeterFilter withoutPort() {
        return MeterFilter.ignoreTags("server.port", "server_port");
    }
}
