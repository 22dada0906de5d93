/** A cluster's roles and databases as its server has them: made, changed, and removed from under whoever uses them. */
package dev.mooring.dataplane.local.member;
