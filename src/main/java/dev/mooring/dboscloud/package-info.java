/**
 * DBOS Cloud's API over Mooring's own clusters and apps, for its unmodified client {@code dbos-cloud}: an instance is a
 * cluster, an application is an app, an organization is a team. Nothing here has rules or state of its own but wire shapes.
 */
package dev.mooring.dboscloud;
