/**
 * Pages for a browser. Each shows the records that the JSON API answers with and changes what it changes by the API's own
 * methods, as the token that signed in: what that may not do, a page cannot do either. No rule, no row and no SQL lives here.
 */
@NullMarked
package dev.mooring.console;

import org.jspecify.annotations.NullMarked;
