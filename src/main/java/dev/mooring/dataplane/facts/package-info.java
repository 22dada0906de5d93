/** What programs have found out, measured and left behind, in words that every plane has. */
package dev.mooring.dataplane.facts;
