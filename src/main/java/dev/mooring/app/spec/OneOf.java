package dev.mooring.app.spec;

import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One of a few numbers. */
@Retention(RetentionPolicy.RUNTIME)
@Constraint(validatedBy = OneOf.Check.class)
@interface OneOf {

    long[] value();

    String message() default "must be one of {value}";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};

    /** The check. */
    class Check implements ConstraintValidator<OneOf, Long> {
        private long @Nullable [] allowed;

        @Override
        public void initialize(OneOf constraint) {
            allowed = constraint.value();
        }

        @Override
        public boolean isValid(@Nullable Long number, ConstraintValidatorContext context) {
            return number == null || Arrays.stream(allowed).anyMatch(one -> one == number);
        }
    }
}
