/** Connection pools of clusters on this machine: one PgBouncer for each cluster that has some, before its primary. */
@NullMarked
package dev.mooring.dataplane.local.pool;

import org.jspecify.annotations.NullMarked;
