package dev.mooring.console.tag;

import io.quarkus.qute.CompletedStage;
import io.quarkus.qute.Expression;
import io.quarkus.qute.HtmlEscaper;
import io.quarkus.qute.Parameter;
import io.quarkus.qute.ResultNode;
import io.quarkus.qute.Scope;
import io.quarkus.qute.SectionHelper;
import io.quarkus.qute.SectionHelperFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * A tag without content that is written in Java. As a template each would be a page of its own within the page, and a page has dozens of
 * them: most of what it takes to draw one.
 */
abstract class Tag implements SectionHelperFactory<SectionHelper> {

    private static final HtmlEscaper ESCAPER = new HtmlEscaper(List.of("text/html"));

    private final String name;
    private final List<String> parameters;

    /** @param parameters in their order, the first of which is given without its name */
    Tag(String name, String... parameters) {
        this.name = name;
        this.parameters = List.of(parameters);
    }

    /**
     * Writes it.
     *
     * @param values of the parameters; those that were left out are missing
     */
    abstract void write(Values values, Consumer<String> page);

    /** What a tag is given. */
    record Values(Map<String, Object> all) {

        <T> T get(String parameter, Class<T> type) {
            return type.cast(Objects.requireNonNull(all.get(parameter), parameter));
        }

        boolean has(String parameter) {
            Object value = all.get(parameter);
            return value != null && !value.equals("");
        }

        /** As it may stand in a page; empty for one that was left out. */
        String text(String parameter) {
            Object value = all.get(parameter);
            return value == null ? "" : escaped(value);
        }
    }

    static String escaped(Object value) {
        return ESCAPER.map(value, null);
    }

    @Override
    public List<String> getDefaultAliases() {
        return List.of(name);
    }

    @Override
    public ParametersInfo getParameters() {
        ParametersInfo.Builder all = ParametersInfo.builder();
        for (String parameter : parameters) {
            all.addParameter(Parameter.builder(parameter).optional());
        }
        return all.build();
    }

    @Override
    public Scope initializeBlock(Scope outer, BlockInfo block) {
        block.getParameters().forEach(block::addExpression);
        return outer;
    }

    @Override
    public SectionHelper initialize(SectionInitContext context) {
        Map<String, Object> constant = new HashMap<>();
        Map<String, Expression> asked = new HashMap<>();
        for (String parameter : parameters) {
            if (context.hasParameter(parameter)) {
                Expression expression = context.getExpression(parameter);
                if (expression.isLiteral()) {
                    constant.put(parameter, expression.getLiteral());
                } else {
                    asked.put(parameter, expression);
                }
            }
        }
        return page -> (asked.isEmpty() ? CompletedStage.of(Map.<String, Object>of()) : page.evaluate(asked))
                .thenApply(values -> {
                    Map<String, Object> all = new HashMap<>(constant);
                    all.putAll(values);
                    return new Written(new Values(all));
                });
    }

    private final class Written extends ResultNode {

        private final Values values;

        private Written(Values values) {
            this.values = values;
        }

        @Override
        public void process(Consumer<String> page) {
            write(values, page);
        }
    }
}
