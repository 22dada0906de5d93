/** Clusters, their users, databases, trusted sources, settings: entities, rules and the API's {@code /v2/databases}. */
package dev.mooring.database;
