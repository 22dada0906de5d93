/** Who is calling: teams, tokens, scopes, and what a caller may see of the account. */
package dev.mooring.access;
