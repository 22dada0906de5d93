/** Tags of clusters. */
package dev.mooring.database.tag;
