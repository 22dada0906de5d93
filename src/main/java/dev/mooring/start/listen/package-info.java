/** Where Mooring listens: addresses, certificates and their renewal, what is spoken there. */
package dev.mooring.start.listen;
