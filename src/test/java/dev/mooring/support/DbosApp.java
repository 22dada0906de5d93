package dev.mooring.support;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;

/**
 * An app for DBOS Cloud's API that needs no registry: it brings a program named dbos of its own, which reads the
 * configuration, runs its migrate commands and serves one page. What the real SDK does is tried in e2e/.
 */
public final class DbosApp {

    private static final String PROGRAM = """
            #!/usr/bin/env node
            const { readFileSync } = require('node:fs');
            const { execSync } = require('node:child_process');
            const text = readFileSync('dbos-config.yaml', 'utf8');
            const value = (name) => text.match(new RegExp('^ +' + name + ': "?([^"\\\\n]*)', 'm'))[1];
            process.env.PGHOST = value('hostname');
            process.env.PGPORT = value('port');
            process.env.PGUSER = value('username');
            process.env.PGPASSWORD = value('password');
            process.env.PGDATABASE = value('app_db_name');
            process.env.PGSSLMODE = 'require';
            const psql = (sql) => execSync('psql -X -At', { input: sql, encoding: 'utf8' }).trim();
            if (process.argv[2] === 'migrate') {
              for (const [, command] of text.matchAll(/^ +- "?sh (.*?)"?$/gm)) {
                process.stdout.write(execSync('sh ' + command + ' 2>&1', { encoding: 'utf8' }));
              }
            } else {
              const port = process.argv[process.argv.indexOf('--port') + 1];
              const cas = process.env.NODE_EXTRA_CA_CERTS && readFileSync(process.env.NODE_EXTRA_CA_CERTS, 'utf8');
              require('node:http').createServer((request, response) => {
                response.end(request.url === '/cas' ? cas : RELEASE + ' ' + psql('select current_user, string_agg(note, $$ $$ order by id) from notes'));
              }).listen(port, () => console.log('serving'));
            }
            """;
    private static final String CONFIG = """
            database:
              hostname: localhost
              port: 5432
              username: postgres
              password: ''
              app_db_name: notes
              app_db_client: knex
              migrate: ['sh migrate.sh']
            runtimeConfig:
              entrypoints: [dist/operations.js]
            """;
    private static final String MIGRATE = """
            psql -X -q -v ON_ERROR_STOP=1 -c "create table if not exists notes (id serial, note text)" \\
              -c "insert into notes (note) values (current_user)"
            """;

    private final Map<String, byte[]> files = new LinkedHashMap<>();

    public DbosApp(String release) {
        with("package.json", "{\"name\":\"notes\",\"version\":\"1.0.0\",\"dependencies\":{\"dbos\":\"file:program\"}}");
        with("package-lock.json", """
                {"name":"notes","version":"1.0.0","lockfileVersion":3,"requires":true,"packages":{
                "":{"name":"notes","version":"1.0.0","dependencies":{"dbos":"file:program"}},
                "node_modules/dbos":{"resolved":"program","link":true},
                "program":{"name":"dbos","version":"1.0.0","bin":{"dbos":"dbos.js"}}}}
                """);
        with("program/package.json", "{\"name\":\"dbos\",\"version\":\"1.0.0\",\"bin\":{\"dbos\":\"dbos.js\"}}");
        with("program/dbos.js", PROGRAM.replace("RELEASE", "'" + release + "'"));
        with("migrate.sh", MIGRATE);
        with("dbos-config.yaml", CONFIG);
    }

    public DbosApp with(String name, String text) {
        return with(name, text.getBytes(StandardCharsets.UTF_8));
    }

    public DbosApp with(String name, byte[] content) {
        files.put(name, content);
        return this;
    }

    public byte[] zip() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                ZipArchiveEntry entry = new ZipArchiveEntry(file.getKey());
                entry.setUnixMode(file.getKey().endsWith(".js") ? 0100755 : 0100644);
                zip.putArchiveEntry(entry);
                zip.write(file.getValue());
                zip.closeArchiveEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** The body of a request that deploys it. */
    public String body() {
        return body(zip());
    }

    public static String body(byte[] zip) {
        return "{\"application_archive\":\"" + Base64.getEncoder().encodeToString(zip) + "\"}";
    }
}
