/** What clusters' servers write into their logs. */
package dev.mooring.database.log;
