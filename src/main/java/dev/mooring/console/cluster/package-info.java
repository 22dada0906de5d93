/** Database clusters: the list, a new one, and the pages of each. */
package dev.mooring.console.cluster;
