/** How clusters come to be, grow, move and go: the rules, the endpoints, the options. */
package dev.mooring.database.provisioning;
