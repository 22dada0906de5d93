package dev.mooring.mcp.tool;

import static java.util.function.Predicate.not;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaParameterizedType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.mooring.database.node.NodeResource;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A tool whose answer the native executable does not know would work in every test on the JVM, and answer with nothing natively. */
class AnswersTest {

    /** What a tool makes an answer of its own from. */
    private static final Set<String> TAKEN_APART =
            Set.of(List.class.getName(), NodeResource.TopologyEnvelope.class.getName());

    @Test
    void theNativeExecutableKnowsWhatEachToolAnswers() {
        JavaClasses application = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("dev.mooring");
        List<JavaClass> sets = application.stream()
                .filter(each -> each.isAssignableTo(ToolSet.class) && !each.isInterface())
                .toList();

        Set<String> answers = sets.stream()
                .flatMap(set -> Stream.concat(ofTheApi(set), ofItsOwn(application, set)))
                .map(JavaClass::getName)
                .filter(not(TAKEN_APART::contains))
                .collect(Collectors.toSet());

        assertThat(sets).isNotEmpty();
        assertThat(answers).isNotEmpty().isSubsetOf(known(application));
    }

    private static Stream<JavaClass> ofTheApi(JavaClass set) {
        return set.getMethodCallsFromSelf().stream()
                .filter(call -> call.getTargetOwner().getSimpleName().endsWith("Resource"))
                .map(JavaMethodCall::getTarget)
                .flatMap(target -> target.resolveMember().stream())
                .map(AnswersTest::item)
                .flatMap(Optional::stream);
    }

    private static Optional<JavaClass> item(JavaMethod method) {
        return method.getReturnType() instanceof JavaParameterizedType generic
                        && generic.toErasure().isEquivalentTo(Uni.class)
                ? Optional.of(generic.getActualTypeArguments().get(0).toErasure())
                : Optional.empty();
    }

    private static Stream<JavaClass> ofItsOwn(JavaClasses application, JavaClass set) {
        return application.stream()
                .filter(each -> each.isRecord()
                        && each.getEnclosingClass().filter(set::equals).isPresent());
    }

    private static Set<String> known(JavaClasses application) {
        JavaClass[] targets = (JavaClass[]) application
                .get(Answers.class)
                .getAnnotationOfType(RegisterForReflection.class.getName())
                .get("targets")
                .orElseThrow();
        return Stream.of(targets).map(JavaClass::getName).collect(Collectors.toSet());
    }
}
