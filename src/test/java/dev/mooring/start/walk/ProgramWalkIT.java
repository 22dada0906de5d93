package dev.mooring.start.walk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.operation.Step;
import dev.mooring.start.walk.Story.Moment;
import dev.mooring.support.Boundary;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.Program;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * kill -9 of Mooring before every step of every program, as the programs themselves name their steps, and before the end: whatever was
 * begun ends as if nothing had happened, and leaves nothing. A few of these moments by a seed that is printed ({@code -Dwalk.seed} takes
 * it again), all with {@code -Dwalk}, and of those only the ones in whose story and step a pattern is found with {@code -Dwalk.story}.
 */
@Tag("once")
class ProgramWalkIT {

    private static final int SAMPLED = 5;
    private static final String LAST = "select coalesce(max(created_at), '-infinity') from operation";

    private static Scene scene;
    private static List<Story> stories;

    @BeforeAll
    static void start() throws Exception {
        MooringProcess mooring = new MooringProcess(
                        "29400-29499", Map.of("MOORING_APPS_RUNTIME", "local", "MOORING_APPS_PORTS", "29500-29549"))
                .withEveryMajor();
        scene = new Scene(mooring);
        stories = Stream.of(
                        new ClusterStories(scene).all(),
                        new NodeStories(scene).all(),
                        new ReplicaStories(scene).all(),
                        new RecoveryStories(scene).all(),
                        new UpgradeStories(scene).all(),
                        new MigrationStories(scene).all(),
                        new AppStories(scene).all())
                .flatMap(List::stream)
                .toList();
        mooring.start();
    }

    @AfterAll
    static void stop() throws Exception {
        scene.mooring.close();
    }

    /** Those of Kafka are walked in {@code KafkaStepsIT}. */
    private static Stream<Program> walked() {
        return Program.all().stream()
                .filter(program -> !program.engine().equals(KafkaEngine.ENGINE))
                .filter(program -> !program.plane().equals(Names.PLANE));
    }

    @Test
    void noProgramAndNoStepIsWithoutAWalk() {
        assertThat(stories.stream().map(Story::kind).collect(Collectors.toSet()))
                .isEqualTo(walked().map(Program::kind).collect(Collectors.toSet()));
        for (Program program : walked().toList()) {
            Set<String> walked = new HashSet<>();
            stories.stream()
                    .filter(story -> story.kind().equals(program.kind()))
                    .flatMap(Story::moments)
                    .forEach(moment -> walked.add(moment.step()));
            stories.stream()
                    .filter(story -> story.kind().equals(program.kind()))
                    .flatMap(story -> story.passesBy().entrySet().stream())
                    .filter(passed -> passed.getValue().startsWith(Story.WALKED_WITH))
                    .forEach(passed -> walked.add(passed.getKey()));
            // Where nothing can be cancelled, what ends a failure that lasts has nothing to take back.
            Set<String> steps = program.steps().stream()
                    .filter(step -> step != program.rollBack()
                            || program.steps().stream().anyMatch(Step::cancellable))
                    .map(Step::name)
                    .collect(Collectors.toSet());
            assertThat(walked).as(program.kind()).containsAll(steps);
        }
    }

    static List<Moment> all() {
        Pattern only = Pattern.compile(System.getProperty("walk.story", ""));
        return stories.stream()
                .flatMap(Story::moments)
                .filter(moment -> only.matcher(moment.toString()).find())
                .toList();
    }

    /** Of as many programs. */
    static List<Moment> sampled() {
        // One that is known: another one every day belongs to a walk that was green as a whole.
        long seed = Long.getLong("walk.seed", 1);
        System.out.println("walking to some moments only: -Dwalk.seed=" + seed);
        List<Moment> moments = new ArrayList<>(all());
        Collections.shuffle(moments, new Random(seed));
        Set<String> programs = new HashSet<>();
        return moments.stream()
                .filter(moment -> programs.add(moment.story().kind()))
                .limit(SAMPLED)
                .toList();
    }

    @Tag("walk")
    @ParameterizedTest
    @MethodSource("all")
    void walk(Moment moment) throws Exception {
        whateverWasBegunEnds(moment);
    }

    @ParameterizedTest
    @MethodSource("sampled")
    void whateverWasBegunEnds(Moment moment) throws Exception {
        Story story = moment.story();
        System.out.printf("%tT %s%n", LocalTime.now(), moment);
        try {
            String subject = story.prepare().run();
            String since = scene.metadata(LAST);
            CompletableFuture<Void> begun = killedAt(moment, subject, since);
            scene.mooring.start();
            begun.get();
            scene.await(story + " ends").until(() -> ended(story, since));
            assertThat(scene.metadata("select string_agg(concat_ws(' ', state, step, error), '; ') from "
                            + begunSince(story, since)))
                    .as("log: %s", scene.mooring.log())
                    .matches((moment.cancels() ? "cancelled" : "done") + " [A-Z_]+( cancelled on request)?");
            (moment.cancels() ? story.undone() : story.done()).on(subject);
            System.out.printf("%tT   is as it has to be%n", LocalTime.now());
        } finally {
            scene.clear();
        }
    }

    /** Nobody could tell what is in force if it were called cancelled. */
    @Tag("walk")
    @Test
    void whatIsInForceIsNotCancelled() throws Exception {
        Story story = stories.stream()
                .filter(one -> one.kind().equals("apply-settings"))
                .findFirst()
                .orElseThrow();
        try {
            String subject = story.prepare().run();
            String since = scene.metadata(LAST);
            CompletableFuture<Void> begun = killedAt(new Moment(story, "done", null, false), subject, since);
            cancel(story, since);
            scene.mooring.start();
            begun.get();
            scene.await(story + " ends").until(() -> ended(story, since));
            assertThat(scene.operation(subject, story.kind()).getString("state"))
                    .isEqualTo("done");
            story.done().on(subject);
        } finally {
            scene.clear();
        }
    }

    /** @return the request that was cut off */
    private static CompletableFuture<Void> killedAt(Moment moment, String subject, String since) throws Exception {
        Story story = moment.story();
        Moment first = new Moment(story, "running", story.path().getFirst().name(), false);
        Moment stop = moment.cancels() ? story.pointOfNoReturn() : moment;
        CompletableFuture<Void> begun;
        try (Boundary boundary = before(story.meanwhile() == null ? stop : first)) {
            begun = begin(story, subject);
            if (story.meanwhile() != null) {
                requireReached(boundary, first, since);
                story.meanwhile().on(subject);
                if (!stop.equals(first)) {
                    boundary.moveTo(story.kind(), stop.state(), stop.step());
                }
            }
            requireReached(boundary, stop, since);
            scene.mooring.kill();
            boundary.abandon();
        }
        if (moment.cancels()) {
            cancel(story, since);
            try (Boundary boundary = before(moment)) {
                scene.mooring.start();
                requireReached(boundary, moment, since);
                scene.mooring.kill();
                boundary.abandon();
            }
        }
        return begun;
    }

    private static void cancel(Story story, String since) throws Exception {
        scene.change("update operation set cancel_requested = true from " + begunSince(story, since)
                + " where operation.id = begun.id");
    }

    private static Boundary before(Moment moment) throws Exception {
        return Boundary.before(scene.mooring, moment.story().kind(), moment.state(), moment.step());
    }

    private static void requireReached(Boundary boundary, Moment moment, String since) {
        assertThat(boundary.awaitReachedUnless(() -> ended(moment.story(), since)))
                .as("%s is reached; log: %s", moment, scene.mooring.log())
                .isTrue();
    }

    private static CompletableFuture<Void> begin(Story story, String subject) {
        CompletableFuture<Void> begun = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                story.begin().on(subject);
                begun.complete(null);
            } catch (Exception | AssertionError e) {
                begun.completeExceptionally(e);
            }
        });
        return begun;
    }

    private static boolean ended(Story story, String since) throws Exception {
        return "t"
                .equals(scene.metadata(
                        "select count(*) > 0 and bool_and(finished_at is not null) from " + begunSince(story, since)));
    }

    private static String begunSince(Story story, String since) {
        return "(select * from operation where kind = '" + story.kind() + "' and created_at > '" + since
                + "') as begun";
    }
}
