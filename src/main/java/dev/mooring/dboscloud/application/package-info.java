/** An application as it was registered and uploaded, and the spec that it becomes. */
package dev.mooring.dboscloud.application;
