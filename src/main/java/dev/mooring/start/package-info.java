/** How Mooring comes up: the home folder, the embedded metadata database, certificates, the first token. Nothing imports this. */
@NullMarked
package dev.mooring.start;

import org.jspecify.annotations.NullMarked;
