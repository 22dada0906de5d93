/** How Mooring comes up: the home folder, the embedded metadata database, certificates, the first token. Nothing imports this. */
package dev.mooring.start;
