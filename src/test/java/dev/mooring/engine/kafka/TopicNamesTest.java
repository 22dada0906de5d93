package dev.mooring.engine.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.web.Problems;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicNamesTest {

    @ParameterizedTest
    @CsvSource({
        "orders,orders,false",
        "orders-*,orders-,true",
        "orders.*,orders,true",
        "*,*,false",
        ".*,*,false",
        "a.b,a.b,false"
    })
    void aPatternIsANameOrABeginning(String pattern, String text, boolean prefix) {
        assertThat(TopicNames.pattern(pattern)).contains(new TopicNames.Topics(text, prefix));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "(a|b)", "a*b", "a b", "ä", "^a", "a\n", "**"})
    void kafkaHasNoRuleForOthers(String pattern) {
        assertThat(TopicNames.pattern(pattern)).isEmpty();
    }

    @Test
    void noPatternIsNone() {
        assertThat(TopicNames.pattern(null)).isEqualTo(Optional.empty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "__consumer_offsets", "a/b", "a b", "ä"})
    void whatIsNoNameIsNamed(String name) {
        Problems problems = new Problems();
        TopicNames.check(problems, name);
        assertThat(problems.none()).isFalse();
    }
}
