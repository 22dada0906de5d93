package dev.mooring.app.runtime;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.home.BrokenFiles;
import dev.mooring.home.DurableFiles;
import dev.mooring.home.MooringHome;
import dev.mooring.home.Vault;
import dev.mooring.operation.Node;
import dev.mooring.process.ServerAccount;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Keeps the processes of active deployments running. They outlive Mooring; the next one finds them by their manifests. */
@ApplicationScoped
public class RunningApps {

    private static final Logger LOG = Logger.getLogger(RunningApps.class);
    private static final TypeReference<Map<String, String>> VARIABLES = new TypeReference<>() {};
    private static final Duration EVERY = Duration.ofMillis(300);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final MooringHome home;
    private final Vault vault;
    private final ObjectMapper mapper;
    private final AppsSettings settings;
    private final AppIngress ingress;
    private final boolean runs;
    private final AppAccounts accounts;
    private final AppNetwork network;
    private final Clock clock;
    private final ServerAccount shared;
    private final Map<UUID, ActiveApp> active = new ConcurrentHashMap<>();
    private final Map<Path, Pause> pauses = new ConcurrentHashMap<>();
    private final BrokenFiles broken = new BrokenFiles();
    /** Null until there is something to watch. */
    private volatile @Nullable Thread thread;

    private record Pause(Instant until, Duration length, int restarts) {}

    RunningApps(
            MooringHome home,
            Vault vault,
            ObjectMapper mapper,
            AppsSettings settings,
            AppIngress ingress,
            AppAccounts accounts,
            AppNetwork network,
            Node node,
            Clock clock,
            @ConfigProperty(name = "mooring.local.user") java.util.Optional<String> databaseUser) {
        this.home = home;
        this.vault = vault;
        this.mapper = mapper;
        this.settings = settings;
        this.ingress = ingress;
        this.runs = node.worker() && settings.runtime() == AppsSettings.Runtime.LOCAL;
        this.accounts = accounts;
        this.network = network;
        this.clock = clock;
        this.shared = runs ? ServerAccount.named("MOORING_APPS_USER", settings.user()) : ServerAccount.moorings();
        if (shared.differs() && shared.sameAs(ServerAccount.choose(databaseUser.orElse(null)))) {
            throw new IllegalArgumentException("MOORING_APPS_USER must be another account than that of the databases,"
                    + " whose files it could read: set one of MOORING_APPS_USER and MOORING_LOCAL_USER");
        }
    }

    /** Whether this process runs the code of apps. */
    public boolean runs() {
        return runs;
    }

    /** Gives the app an account of its own, for good, if it has none. */
    public ServerAccount allot(UUID app) throws IOException {
        return ServerAccount.numbered(accounts.allot(app));
    }

    /** That the app has. */
    public ServerAccount account(UUID app) throws IOException {
        return account(accounts.known(app).orElse(null));
    }

    private ServerAccount account(@Nullable Integer number) {
        return number == null ? shared : ServerAccount.numbered(number);
    }

    /** Ends what runs under the app's account, known or not; with an account that others have too, nothing. */
    public void endProcesses(UUID app) throws IOException, InterruptedException {
        accounts.endProcesses(app);
    }

    /** Once the app has neither files nor a deployment. */
    public void release(UUID app) throws IOException, InterruptedException {
        accounts.release(app);
    }

    /** @param memory bytes; 0 for the setting's */
    public Limits limits(long memory) {
        return new Limits(
                memory > 0 ? memory : settings.memory().asLongValue(), settings.processes(), settings.files());
    }

    public AppFolder folder(UUID app) {
        return AppFolder.of(home, app);
    }

    public ManagedProcess work(UUID app, UUID deployment, String name) {
        try {
            return new ManagedProcess(folder(app).work(deployment, name), account(app));
        } catch (IOException e) {
            throw new UncheckedIOException("the account of app " + app + " is not known", e);
        }
    }

    /** Before the engine takes up operations: one that ends an app would have ended nothing, and then all of it would run again. */
    void start(@Observes @Priority(500) StartupEvent event) throws IOException, InterruptedException {
        if (!runs) {
            return;
        }
        if (shared.differs()) {
            checkAccounts();
            network.close();
        }
        Files.createDirectories(home.apps());
        try (var children = Files.list(home.apps())) {
            children.forEach(this::takeUp);
        } catch (IOException | UncheckedIOException e) {
            LOG.errorf(e, "%s cannot be read: no app in it is kept running", home.apps());
            broken.add(home.apps(), e);
        }
        thread = Thread.ofVirtual().name("apps").start(this::loop);
    }

    private void takeUp(Path child) {
        try {
            ActiveApp app = read(child);
            if (app != null) {
                active.put(app.app(), app);
                ingress.serve(app);
            }
        } catch (IOException | RuntimeException e) {
            LOG.errorf(e, "app %s is not taken up; what of it runs is left alone", child.getFileName());
            broken.add(child, e);
        }
    }

    /** Null for what is no app's folder or has nothing that runs. */
    private @Nullable ActiveApp read(Path child) throws IOException {
        byte[] content;
        try {
            content = Files.readAllBytes(new AppFolder(child).active());
        } catch (NoSuchFileException e) {
            return null;
        } catch (FileSystemException e) {
            if (!Files.isDirectory(child)) {
                return null;
            }
            throw e;
        }
        ActiveApp app;
        try {
            app = mapper.readValue(content, ActiveApp.class);
        } catch (JacksonException e) {
            throw damaged(child);
        }
        if (app == null || !app.whole(child.getFileName().toString())) {
            throw damaged(child);
        }
        return app;
    }

    /** Without what the parser says: the file holds secrets. */
    private static IOException damaged(Path child) {
        return new IOException(new AppFolder(child).active()
                + " is damaged: it does not say what of the app should run. Deploy the app again");
    }

    /** What of this machine's apps cannot be taken up. */
    BrokenFiles broken() {
        return broken;
    }

    /** Before anything is deployed rather than in the middle of it. */
    private void checkAccounts() throws IOException, InterruptedException {
        ServerAccount first = ServerAccount.numbered(accounts.first());
        List<String> words = new ArrayList<>(limits(0).around(first.command("true")));
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("the accounts of MOORING_APPS_UIDS cannot be used here, so no app can run: "
                    + String.join(" ", words) + ": " + output.strip());
        }
        first.checkCanEnter(home.apps());
    }

    void stop(@Observes ShutdownEvent event) {
        if (thread != null) {
            thread.interrupt();
        }
    }

    /** What of the app runs. */
    public @Nullable ActiveApp active(UUID app) {
        return active.get(app);
    }

    public Collection<ActiveApp> all() {
        return active.values();
    }

    /** How often a process has been started again. */
    public int restarts(UUID app, UUID deployment, String name) {
        Pause pause = pauses.get(folder(app).work(deployment, name));
        return pause == null ? 0 : pause.restarts();
    }

    public void launch(UUID app, UUID deployment, ActiveApp.Running process) throws IOException, InterruptedException {
        launch(work(app, deployment, process.name()), process);
    }

    private void launch(ManagedProcess work, ActiveApp.Running process) throws IOException, InterruptedException {
        work.start(
                process.command(),
                Path.of(process.directory()),
                mapper.readValue(vault.unseal(process.environment()), VARIABLES),
                limits(process.memory()));
    }

    /** From now on the app's address leads to this, and its processes are kept running. */
    public void activate(ActiveApp app) throws IOException {
        MooringHome.write(folder(app.app()).active(), mapper.writeValueAsString(app), "rw-------");
        broken.mended(folder(app.app()).root());
        active.put(app.app(), app);
        ingress.serve(app);
    }

    /** Nothing of the app is kept running, and its address answers nothing. */
    public void deactivate(UUID app) throws IOException {
        active.remove(app);
        ingress.close(app);
        DurableFiles.delete(folder(app).active());
    }

    /** Whether requests that were passed on to these processes are not answered yet. */
    public boolean answering(List<ActiveApp.Running> processes) {
        return processes.stream().anyMatch(process -> ingress.underWay(process.port()) > 0);
    }

    /** Ends the processes of a deployment, all at the same time. */
    public void stop(UUID app, UUID deployment, List<ActiveApp.Running> processes) throws InterruptedException {
        List<Thread> stops = processes.stream()
                .map(process -> Thread.ofVirtual().start(() -> {
                    try {
                        work(app, deployment, process.name()).stop(Duration.ofSeconds(process.graceSeconds()));
                    } catch (IOException e) {
                        LOG.warnf("%s of app %s could not be stopped: %s", process.name(), app, e.getMessage());
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }))
                .toList();
        for (Thread stop : stops) {
            stop.join();
        }
    }

    private void loop() {
        while (!Thread.currentThread().isInterrupted()) {
            active.values().forEach(app -> app.processes().forEach(process -> look(app, process)));
            try {
                Thread.sleep(EVERY);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void look(ActiveApp app, ActiveApp.Running process) {
        Path folder = folder(app.app()).work(app.deployment(), process.name());
        ManagedProcess work = new ManagedProcess(folder, account(app.account()));
        try {
            work.turnLog();
            Pause pause = pauses.get(folder);
            if (work.running() || pause != null && clock.instant().isBefore(pause.until())) {
                return;
            }
            Duration length = pause == null || pause.until().plus(LONGEST_PAUSE).isBefore(clock.instant())
                    ? Duration.ofMillis(500)
                    : pause.length().multipliedBy(2);
            Duration next = length.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : length;
            pauses.put(folder, new Pause(clock.instant().plus(next), next, pause == null ? 1 : pause.restarts() + 1));
            LOG.warnf("%s of app %s has ended, starting it again", process.name(), app.app());
            launch(work, process);
        } catch (IOException | RuntimeException e) {
            LOG.errorf(e, "%s of app %s could not be started again", process.name(), app.app());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
