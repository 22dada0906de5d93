/**
 * Code that was uploaded instead of being fetched: archives are kept, checked, unpacked, and their configuration is rewritten.
 */
@NullMarked
package dev.mooring.dboscloud.upload;

import org.jspecify.annotations.NullMarked;
