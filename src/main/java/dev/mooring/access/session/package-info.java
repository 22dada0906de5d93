/** Sessions of browsers, each on behalf of a token: made by a link or the token itself, ended with it. */
package dev.mooring.access.session;
