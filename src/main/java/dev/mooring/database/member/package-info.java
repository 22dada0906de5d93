/** Users and databases of a cluster: the rules of their making, change and end, and their endpoints. */
package dev.mooring.database.member;
