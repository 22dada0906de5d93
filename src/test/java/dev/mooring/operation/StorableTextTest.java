package dev.mooring.operation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StorableTextTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    @Test
    void whatNoDatabaseTakesIsReplacedAndTheRestIsAsItWas() {
        assertThat(StorableText.of("a\0b")).isEqualTo("a\uFFFDb");
        assertThat(StorableText.of("\uD83D")).isEqualTo("\uFFFD");
        assertThat(StorableText.of("\uD83D\uD83D\uDE00\uDE00")).isEqualTo("\uFFFD\uD83D\uDE00\uFFFD");
        String fine = "a line\n\tan \uD83D\uDE00 and \u0001 and \\u0000";
        assertThat(StorableText.of(fine)).isSameAs(fine);
        assertThat(StorableText.ofNullable(null)).isNull();
    }

    @Test
    void ofWhatIsTooLongTheBeginningAndTheEndStay() {
        String text = "begin" + "\0".repeat(StorableText.LONGEST) + "\uD83D\uDE00".repeat(StorableText.LONGEST) + "end";
        assertThat(StorableText.of(text))
                .startsWith("begin")
                .endsWith("end")
                .contains("characters are left out")
                .doesNotContain("\0")
                .hasSizeLessThan(StorableText.LONGEST + 100);
    }

    @Test
    void everyTextOfADocumentIsCleanAndNothingElseIsTouched() throws Exception {
        String plain = MAPPER.writeValueAsString(Map.of("a", List.of("\\u0000", 1.50, true)));
        assertThat(StorableText.ofJson(plain, MAPPER)).isEqualTo(plain);
        String dirty = MAPPER.writeValueAsString(
                Map.of("k\0ey", List.of(Map.of("deep", "x\0y\uDE00z"), 7, "\\u0000", "long".repeat(100_000))));
        var clean = MAPPER.readTree(StorableText.ofJson(dirty, MAPPER)).get("k\uFFFDey");
        assertThat(clean.get(0).get("deep").textValue()).isEqualTo("x\uFFFDy\uFFFDz");
        assertThat(clean.get(1).intValue()).isEqualTo(7);
        assertThat(clean.get(2).textValue()).isEqualTo("\\u0000");
        assertThat(clean.get(3).textValue()).hasSize(400_000);
    }
}
