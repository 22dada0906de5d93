/** What a rehearsed migration would do to a schema and whom it would lock out. */
package dev.mooring.app.release.rehearsal;
