package dev.mooring.access.account;

import dev.mooring.web.Problems;
import java.time.OffsetDateTime;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What is said of a project. */
@Schema(name = "ProjectInput")
public record ProjectInput(
        @Schema(examples = "shop") @Nullable String name,
        @Nullable String description,
        @Schema(examples = "Web Application") @Nullable String purpose,

        @Schema(enumeration = {"Development", "Staging", "Production"}) @Nullable
        String environment,

        @Schema(description = "true makes it the default; false is only possible for one that is not") @Nullable
        Boolean isDefault) {

    static final List<String> ENVIRONMENTS = List.of("Development", "Staging", "Production");
    private static final int LONGEST_NAME = 175;
    private static final int LONGEST_TEXT = 255;

    boolean becomesDefault() {
        return Boolean.TRUE.equals(isDefault);
    }

    /** @param now when it is written */
    void writeTo(Project project, OffsetDateTime now) {
        project.name = name == null ? project.name : name;
        project.description = description == null ? project.description : description;
        project.purpose = purpose == null ? project.purpose : purpose;
        project.environment = environment == null ? project.environment : environment;
        project.updatedAt = now;
    }

    /**
     * Fails with 422 naming everything that is wrong.
     *
     * @param whole whether everything that has no default has to be there
     * @param isDefault whether it is said of the default project
     */
    static void check(@Nullable ProjectInput wanted, boolean whole, boolean isDefault) {
        Problems problems = new Problems();
        if (problems.check(wanted != null, "name", "is required") && wanted != null) {
            text(problems, "name", wanted.name(), LONGEST_NAME, whole);
            text(problems, "purpose", wanted.purpose(), LONGEST_TEXT, whole);
            problems.check(
                    wanted.description() == null || wanted.description().length() <= LONGEST_TEXT,
                    "description",
                    "must have at most " + LONGEST_TEXT + " characters");
            problems.check(
                    wanted.environment() == null || ENVIRONMENTS.contains(wanted.environment()),
                    "environment",
                    "must be one of " + String.join(", ", ENVIRONMENTS));
            problems.check(
                    !isDefault || !Boolean.FALSE.equals(wanted.isDefault()),
                    "is_default",
                    "make another project the default instead");
        }
        problems.throwIfAny();
    }

    private static void text(Problems problems, String field, @Nullable String value, int longest, boolean required) {
        problems.check(
                value == null ? !required : !value.isBlank() && value.length() <= longest,
                field,
                "must have 1 to " + longest + " characters");
    }
}
