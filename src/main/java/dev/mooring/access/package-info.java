/** Who is calling: teams, tokens, scopes, and what a caller may see of the account. */
@NullMarked
package dev.mooring.access;

import org.jspecify.annotations.NullMarked;
