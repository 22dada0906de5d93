package dev.mooring.command.terminal;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/**
 * Ctrl-C and Ctrl-\ as something else than this process's end. A terminal sends them to everybody who works at it: a program
 * that was started there gets them as always, since what is caught here is not inherited.
 *
 * <p>Nothing that belongs to Java's own API catches a signal, and the compiler warns of what does (module {@code jdk.unsupported}, which
 * every JDK has): it is called by its name, and {@code reachability-metadata.json} names it for the native executable.
 */
public final class Interrupts {

    private Interrupts() {}

    /** @param interrupted runs at each Ctrl-C, in a thread of its own */
    public static void call(Runnable interrupted) {
        catching("INT", interrupted);
        catching("QUIT", () -> {});
    }

    private static void catching(String name, Runnable caught) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object calling = Proxy.newProxyInstance(
                    Interrupts.class.getClassLoader(), new Class<?>[] {handler}, (proxy, method, arguments) -> {
                        caught.run();
                        return null;
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), calling);
        } catch (InvocationTargetException e) {
            // A JVM that has a use of its own for it does not end by it; nor does one that was begun ignoring it.
            if (!(e.getCause() instanceof IllegalArgumentException)) {
                throw new IllegalStateException(e);
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
