/** Settings of a cluster, its window for maintenance, who may connect and under which names: the endpoints. */
@NullMarked
package dev.mooring.database.config;

import org.jspecify.annotations.NullMarked;
