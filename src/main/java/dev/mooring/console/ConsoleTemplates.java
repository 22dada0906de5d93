package dev.mooring.console;

import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import java.util.List;

/** Pages that belong to no part of the console. */
@CheckedTemplate(basePath = "console")
class ConsoleTemplates {

    private ConsoleTemplates() {}

    /**
     * @param kept what was typed into a form whose session had ended
     * @param action where that form goes; empty when there is none
     */
    static native TemplateInstance signIn(
            Frame frame, String next, String action, List<Field> kept, List<String> problems);

    static native TemplateInstance goOn(Frame frame, String action, List<Field> kept, String why);

    static native TemplateInstance problem(Frame frame, int status, List<String> messages, String request);
}
