/** Where archives lie: a folder or a bucket, and nothing of what is in them. */
@NullMarked
package dev.mooring.dataplane.archive;

import org.jspecify.annotations.NullMarked;
