/** What moving a cluster's databases from one server to another is made of. The programs put it together. */
package dev.mooring.dataplane.local.upgrade;
