/** What a component of an app gets: its variables, and how its databases are reached. */
package dev.mooring.app.environment;
