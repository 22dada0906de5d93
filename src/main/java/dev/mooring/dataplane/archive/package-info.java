/** Where archives lie: a folder or a bucket, and nothing of what is in them. */
package dev.mooring.dataplane.archive;
