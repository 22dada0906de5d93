/** Connection pools of clusters. */
@NullMarked
package dev.mooring.database.pool;

import org.jspecify.annotations.NullMarked;
