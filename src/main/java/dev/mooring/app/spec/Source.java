package dev.mooring.app.spec;

import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Where a component's code comes from. */
public final class Source {

    private Source() {}

    @RegisterForReflection
    @Schema(name = "AppGitSource")
    public record Git(
            @NotNull(message = "is required")
            @Pattern(
                    regexp = "(?!-)(?:(?:https?|git|ssh|file)://|[\\w.-]+@[\\w.-]+:)\\S+",
                    message = "must be a URL that git can clone, such as https://host/owner/repository.git")
            @Schema(examples = "https://github.com/digitalocean/sample-nodejs.git")
            String repoCloneUrl,

            @Pattern(regexp = "(?!-)\\S{1,255}", message = "must be the name of a branch")
            String branch) {}

    /**
     * An archive that was uploaded through DBOS Cloud's API.
     *
     * @param database component whose address and credentials go into its configuration file
     */
    @RegisterForReflection
    @Schema(name = "AppArchiveSource")
    public record Archive(
            @NotNull(message = "is required")
            @Pattern(regexp = "\\d{1,19}", message = "must be the version of an upload")
            String version,

            String database) {}

    /** A repository at GitHub, GitLab or Bitbucket, by its name there. */
    @RegisterForReflection
    @Schema(name = "AppHostedSource")
    public record Hosted(
            @NotNull(message = "is required")
            @Pattern(regexp = "[\\w.-]+(?:/[\\w.-]+)+", message = "must be owner/name")
            String repo,

            @Pattern(regexp = "(?!-)\\S{1,255}", message = "must be the name of a branch")
            String branch,

            Boolean deployOnPush) {}

    @RegisterForReflection
    @Schema(name = "AppImageSource")
    public record Image(
            @NotNull(message = "is required") RegistryType registryType,
            String registry,
            @NotNull(message = "is required") String repository,
            String tag,

            @Pattern(regexp = "sha256:[0-9a-f]{64}", message = "must be sha256: and 64 hexadecimal digits")
            String digest,

            String registryCredentials,
            DeployOnPush deployOnPush) {

        public enum RegistryType {
            DOCKER_HUB,
            DOCR,
            GHCR
        }

        @RegisterForReflection
        public record DeployOnPush(Boolean enabled) {}
    }
}
