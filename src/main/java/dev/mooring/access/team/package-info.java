/** Teams: whom the administrator lets in, and how much each may have. */
package dev.mooring.access.team;
