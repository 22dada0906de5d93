/** Settings of a cluster, its window for maintenance, who may connect and under which names: the endpoints. */
package dev.mooring.database.config;
