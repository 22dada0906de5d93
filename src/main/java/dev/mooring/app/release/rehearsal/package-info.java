/** What a rehearsed migration would do to a schema and whom it would lock out. */
@NullMarked
package dev.mooring.app.release.rehearsal;

import org.jspecify.annotations.NullMarked;
