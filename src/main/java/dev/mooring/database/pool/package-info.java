/** Connection pools of clusters. */
package dev.mooring.database.pool;
