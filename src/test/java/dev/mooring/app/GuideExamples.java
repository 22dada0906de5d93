package dev.mooring.app;

/** The bodies of the App Platform guide's examples, as valid JSON. */
final class GuideExamples {

    /** @param secret the encrypted value of the API key: only the app itself can have made one */
    static String curl(String name, String secret) {
        return """
                {"spec": {"alerts":[{"rule":"DEPLOYMENT_FAILED"},{"rule":"DOMAIN_FAILED"}],
                "domains":[{"domain":"example.com","type":"PRIMARY","zone":"example.com"}],
                "envs":[{"key":"API_KEY","scope":"RUN_AND_BUILD_TIME","type":"SECRET","value":"%s"}],
                "features":["buildpack-stack=ubuntu-22"],"ingress":{},"name":"%s","region":"nyc",
                "services":[{"autoscaling":{"max_instance_count":4,"metrics":{"cpu":{"percent":70}},"min_instance_count":2},
                "git":{"branch":"main","repo_clone_url":"https://github.com/digitalocean/sample-nodejs.git"},"internal_ports":[8080],
                "log_destinations":[{"name":"your_log_consumer_name","open_search":{"endpoint":"logs.example.com:12345",
                "basic_auth":{"user":"doadmin","password":"1234567890abcdef"},"index_name":"example-index",
                "cluster_name":"example-cluster"}}],"name":"sample-nodejs","run_command":"yarn start","source_dir":"/"}]}}
                """.formatted(secret, name);
    }

    static final String FOREIGN_SECRET = "EV[1:zqiRIeaaYK/NqctZDYzy6t0pTrtRDez8:wqGpZRrsKN5nPhWQrS479cfBiXT0WQ==]";

    private static final String SOURCES = """
            "gitlab":{"branch":"main","deploy_on_push":true,"repo":"digitalocean/sample-golang"}""";
    private static final String CORS = """
            "cors":{"allow_origins":[{"exact":"https://www.example.com"},{"regex":"^.*example.com"}],
            "allow_methods":["GET","OPTIONS","POST","PUT","PATCH","DELETE"],"allow_headers":["Content-Type","X-Custom-Header"],
            "expose_headers":["Content-Encoding","X-Custom-Header"],"max_age":"5h30m","allow_credentials":false},
            "routes":[{"path":"/api","preserve_path_prefix":true}]""";
    private static final String ENVS = """
            "envs":[{"key":"BASE_URL","scope":"BUILD_TIME","type":"GENERAL","value":"http://example.com"}]""";
    private static final String LOGS = """
            "log_destinations":{"name":"my_log_destination","papertrail":{"endpoint":"https://mypapertrailendpoint.com"},
            "datadog":{"endpoint":"https://mydatadogendpoint.com","api_key":"abcdefghijklmnopqrstuvwxyz0123456789"},
            "logtail":{"token":"abcdefghijklmnopqrstuvwxyz0123456789"},
            "open_search":{"endpoint":"https://myopensearchendpoint.com:9300","index_name":"logs",
            "basic_auth":{"user":"doadmin","password":"password"}}}""";
    private static final String CODE = SOURCES + """
            ,"image":{"registry":"registry.hub.docker.com","registry_type":"DOCR","repository":"origin/master","tag":"latest"},
            "dockerfile_path":"path/to/Dockerfile","build_command":"npm run build","run_command":"bin/api",
            "source_dir":"path/to/dir",""" + ENVS + ",\"environment_slug\":\"node-js\"," + LOGS + """
            ,"instance_count":2,"instance_size_slug":"apps-s-1vcpu-0.5gb\"""";

    static String pydo(String name) {
        return "{\"spec\":{\"name\":\"" + name + "\",\"region\":\"nyc\",\"domains\":[{\"domain\":\"app.example.com\","
                + "\"type\":\"DEFAULT\",\"wildcard\":true,\"zone\":\"example.com\",\"minimum_tls_version\":\"1.3\"}],"
                + "\"services\":[],\"static_sites\":[{" + CORS + "}],"
                + "\"jobs\":[{\"name\":\"api\"," + CODE + ",\"kind\":\"PRE_DEPLOY\"}],"
                + "\"workers\":[{\"name\":\"api\"," + CODE + "}],"
                + "\"functions\":[{" + CORS + ",\"name\":\"api\",\"source_dir\":\"path/to/dir\",\"alerts\":[{\"rule\":"
                + "\"CPU_UTILIZATION\",\"disabled\":false,\"operator\":\"GREATER_THAN\",\"value\":2.32,"
                + "\"window\":\"FIVE_MINUTES\"}]," + ENVS + "," + SOURCES + "," + LOGS + "}],"
                + "\"databases\":[{\"cluster_name\":\"cluster_name\",\"db_name\":\"my_db\",\"db_user\":\"superuser\","
                + "\"engine\":\"PG\",\"name\":\"prod-db\",\"production\":true,\"version\":\"12\"}],"
                + "\"vpc\":{\"id\":\"c22d8f48-4bc4-49f5-8ca0-58e7164427ac\"}}}";
    }

    private GuideExamples() {}
}
