package dev.mooring.console;

import io.quarkus.qute.TemplateData;

/** One field of a form that was sent. */
@TemplateData
public record Field(String name, String value) {}
