/** What goes on in a cluster: its log, its measurements. */
package dev.mooring.console.insight;
