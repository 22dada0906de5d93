/** Online migrations from a server elsewhere: the endpoints, the rules and the outcome. */
package dev.mooring.database.migration;
