import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.Tuple;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * The limit: Vert.x, the reactive PostgreSQL client, one row by its id, nothing else. It answers a text of as many bytes as
 * Mooring's answer has, from a table in the same metadata database.
 */
public class RawEndpoint {

    public static void main(String[] args) throws Exception {
        Path home = Path.of(args[0]);
        int bytes = Integer.parseInt(args[1]);
        int port = Integer.parseInt(args[2]);
        UUID id = UUID.fromString(args[3]);
        Vertx vertx = Vertx.vertx();
        PgConnectOptions connect = new PgConnectOptions()
                .setHost("127.0.0.1")
                .setPort(Integer.parseInt(Files.readString(home.resolve("metadata/port")).strip()))
                .setDatabase("mooring")
                .setUser("postgres")
                .setPassword(Files.readString(home.resolve("keys/metadata-password")).strip())
                .setCachePreparedStatements(true);
        Pool pool = PgBuilder.pool()
                .with(new PoolOptions().setMaxSize(20))
                .connectingTo(connect)
                .using(vertx)
                .build();
        pool.query("drop table if exists bench_answer; create table bench_answer (id uuid primary key, body text);"
                        + " insert into bench_answer values ('" + id + "', repeat('x', " + bytes + "))")
                .execute()
                .toCompletionStage()
                .toCompletableFuture()
                .get();
        int loops = Runtime.getRuntime().availableProcessors() * 2;
        for (int i = 0; i < loops; i++) {
            vertx.deployVerticle(new io.vertx.core.AbstractVerticle() {
                @Override
                public void start() {
                    vertx.createHttpServer()
                            .requestHandler(request -> pool
                                    .preparedQuery("select body from bench_answer where id = $1")
                                    .execute(Tuple.of(UUID.fromString(request.path().substring(1))))
                                    .onSuccess(rows -> request.response()
                                            .putHeader("content-type", "application/json")
                                            .end(rows.iterator().next().getString(0)))
                                    .onFailure(failure -> request.response().setStatusCode(500).end()))
                            .listen(port, "127.0.0.1");
                }
            });
        }
        System.out.println("raw endpoint ready");
        Thread.currentThread().join();
    }
}
