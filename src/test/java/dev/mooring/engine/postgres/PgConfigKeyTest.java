package dev.mooring.engine.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import java.math.BigDecimal;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Numbers that are more than they look. */
class PgConfigKeyTest {

    private static final PgConfigKey KEY =
            new PgConfigKey("factor", "factor", PgConfigKey.Kind.NUMBER, BigDecimal.ZERO, BigDecimal.TEN, Set.of(), "");

    @Test
    void aNumberOfABillionDigitsIsNotWrittenOut() {
        assertThat(KEY.problem(DoubleNode.valueOf(Double.POSITIVE_INFINITY))).isEqualTo("must be a number");
        assertThat(KEY.problem(DecimalNode.valueOf(new BigDecimal("1e99999999"))))
                .isEqualTo("must be a number");
        assertThat(KEY.problem(DecimalNode.valueOf(new BigDecimal("1e200"))))
                .isEqualTo("1E+200 is more than the maximum of 10");
        assertThat(KEY.problem(DecimalNode.valueOf(new BigDecimal("0.5")))).isNull();
    }
}
