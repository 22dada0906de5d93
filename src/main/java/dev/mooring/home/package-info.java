/** What this machine keeps for Mooring under {@code MOORING_HOME}: paths, the lock, keys and certificates. Imports nothing of ours. */
package dev.mooring.home;
