package dev.mooring.database.topic;

import io.quarkus.test.junit.QuarkusIntegrationTest;

@QuarkusIntegrationTest
class KafkaNativeIT extends KafkaTest {}
