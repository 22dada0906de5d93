/**
 * DBOS Cloud's API over Mooring's own clusters and apps, for its unmodified client {@code dbos-cloud}: an instance is a
 * cluster, an application is an app, an organization is a team. Its own rules and rows are in the rooms below; the rest is wire shapes.
 */
@NullMarked
package dev.mooring.dboscloud;

import org.jspecify.annotations.NullMarked;
