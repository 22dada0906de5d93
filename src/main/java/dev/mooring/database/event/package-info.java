/** What has happened to clusters, as their owners read it. */
package dev.mooring.database.event;
