/** Sessions of browsers, each on behalf of a token: made by a link or the token itself, ended with it. */
@NullMarked
package dev.mooring.access.session;

import org.jspecify.annotations.NullMarked;
