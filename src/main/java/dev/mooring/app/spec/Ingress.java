package dev.mooring.app.spec;

import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Which component answers which request. */
@RegisterForReflection
@Schema(name = "AppIngress")
public record Ingress(
        List<@Valid Rule> rules,

        @Pattern(regexp = "https://.+", message = "must begin with https://")
        String customErrorPageUrl,

        String loadBalancer,
        Long loadBalancerSize,
        SecureHeader secureHeader) {

    @RegisterForReflection
    @Schema(name = "AppIngressRule")
    public record Rule(
            @Valid Match match,
            @Valid Target component,
            @Valid Redirect redirect,
            @Valid Cors cors) {}

    @RegisterForReflection
    public record Match(@Valid Text path, @Valid Text authority) {}

    @RegisterForReflection
    public record Text(
            @Size(max = 256, message = "must have at most 256 characters")
            String prefix,

            @Size(max = 256, message = "must have at most 256 characters")
            String exact) {}

    @RegisterForReflection
    public record Target(@NotNull(message = "is required") String name, Boolean preservePathPrefix, String rewrite) {}

    @RegisterForReflection
    public record Redirect(
            String uri,
            String authority,
            Long port,

            @Pattern(regexp = "https?", message = "must be http or https")
            String scheme,

            @OneOf({300, 301, 302, 303, 304, 307, 308}) Long redirectCode) {}

    @RegisterForReflection
    public record SecureHeader(String key, String value, Boolean removeHeader) {}

    /** Paths of a component that has no rule of its own. */
    @RegisterForReflection
    @Schema(name = "AppRoute")
    public record Route(
            @Pattern(regexp = "/.*", message = "must begin with /")
            String path,

            Boolean preservePathPrefix) {}

    @RegisterForReflection
    @Schema(name = "AppCors")
    public record Cors(
            List<@Valid Origin> allowOrigins,
            List<String> allowMethods,
            List<String> allowHeaders,
            List<String> exposeHeaders,

            @Pattern(regexp = "(?:\\d+h)?(?:\\d+m)?(?:\\d+s)?", message = "must be a duration such as 5h30m")
            String maxAge,

            Boolean allowCredentials) {

        @RegisterForReflection
        public record Origin(
                @Size(max = 256, message = "must have at most 256 characters")
                String exact,

                String prefix,

                @Size(min = 1, max = 256, message = "must have 1 to 256 characters")
                String regex) {}
    }

    /** The rules, or none. */
    public List<Rule> all() {
        return AppSpec.orEmpty(rules);
    }
}
