package dev.mooring.console.cluster;

import io.quarkus.qute.TemplateExtension;

/** The names of engines, in templates. */
@TemplateExtension
class EngineNames {

    private EngineNames() {}

    static String engineName(String slug) {
        return Offer.name(slug);
    }
}
