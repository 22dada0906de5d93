/**
 * The cluster as rows and as what it should be: how it is read, changed and shown. Below every other room of databases.
 */
@NullMarked
package dev.mooring.database.cluster;

import org.jspecify.annotations.NullMarked;
