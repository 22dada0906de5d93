/** What nobody is told of: workers look for it. */
package dev.mooring.dataplane.kubernetes.watch;
