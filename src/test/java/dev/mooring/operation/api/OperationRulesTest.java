package dev.mooring.operation.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.operation.Program;
import dev.mooring.support.TestGround;
import io.quarkus.arc.All;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestGround.class)
class OperationRulesTest {

    @Inject
    @All
    List<Program<?, ?, ?>> programs;

    @Inject
    @All
    List<OperationRules> rules;

    /** A new kind must say who may ask for it again. */
    @Test
    void everyKindOfOperationHasItsRules() {
        List<String> known = rules.stream().flatMap(its -> its.kinds().stream()).toList();
        assertThat(programs)
                .map(Program::kind)
                .filteredOn(kind -> !Set.of("test", "tell").contains(kind))
                .isNotEmpty()
                .allMatch(known::contains);
        assertThat(rules).allSatisfy(its -> assertThat(its.kinds()).allMatch(kind -> its.scope(kind) != null));
    }
}
