/** Where Mooring listens: addresses, certificates and their renewal, what is spoken there. */
@NullMarked
package dev.mooring.start.listen;

import org.jspecify.annotations.NullMarked;
