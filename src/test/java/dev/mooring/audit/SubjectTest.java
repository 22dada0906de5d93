package dev.mooring.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class SubjectTest {

    @Test
    void aPathTellsWhatItIsAbout() {
        assertThat(Subject.of("/v2/databases/{id}/users/{name}", Map.of("id", "a", "name", "b")))
                .isEqualTo(new Subject("database", "a"));
        assertThat(Subject.of(
                        "/v1alpha1/{organization}/databases/userdb/{name}", Map.of("organization", "o", "name", "n")))
                .isEqualTo(new Subject("database", "n"));
        assertThat(Subject.of("/v1alpha1/{organization}/applications/{name}", Map.of("organization", "o", "name", "n")))
                .isEqualTo(new Subject("app", "n"));
        assertThat(Subject.of("/v2/databases", Map.of())).isEqualTo(new Subject("database", null));
        assertThat(Subject.of("/somewhere/{else}", Map.of("else", "x"))).isEqualTo(new Subject(null, null));
    }

    @Test
    void whatMayBeASecretIsMasked() {
        assertThat(Subject.shown(
                        Map.of(
                                "id", "0b7f3f5e-3a43-4d8e-9c7e-3f6f3a3e9f10",
                                "name", "a.b.mrg_0123",
                                "other", "it is my-own-token here",
                                "third", "x=my-own-token"),
                        "front.my-own-token"))
                .isEqualTo(Map.of(
                        "id", "0b7f3f5e-3a43-4d8e-9c7e-3f6f3a3e9f10",
                        "name", "(masked)",
                        "other", "(masked)",
                        "third", "(masked)"));
    }
}
