package dev.mooring.dataplane;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Where whoever runs the components of apps finds their variables, on a plane that runs no apps itself. What asks the plane blocks, and
 * fails with {@link Unanswered} while that cannot answer, and with {@link dev.mooring.operation.OperationFailed} for what it refuses.
 */
public interface ComponentSecrets {

    /** Where they are. */
    String namespace();

    /** Of the Secret; the same as long as the app has a component of that name. */
    String name(UUID app, String component);

    /** What the pods of an app are to be labelled with, so that its databases let them in. */
    Map<String, String> podLabels(UUID app);

    /** Why there cannot be a variable of that name; empty when there can. */
    Optional<String> refusal(String variable);

    /**
     * Why these variables cannot be kept; empty when they can.
     *
     * @param variables their values by their names
     */
    Optional<String> refusal(Map<String, String> variables);

    /** How the Secret differs from what it should be; empty when it does not. Values that others have added do not count. */
    Optional<String> difference(UUID app, String component, Map<String, String> variables);

    boolean there(UUID app, String component);

    /**
     * Makes it so; the same once more changes nothing.
     *
     * @return what is left to wait for; empty when it was read back as it was written
     */
    Optional<String> write(UUID app, String component, Map<String, String> variables);

    /**
     * Takes away those of these components.
     *
     * @return what is left to wait for; empty when there is none of them
     */
    Optional<String> delete(UUID app, List<String> components);
}
