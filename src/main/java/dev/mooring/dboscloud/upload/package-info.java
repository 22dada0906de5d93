/**
 * Code that was uploaded instead of being fetched: archives are kept, checked, unpacked, and their configuration is rewritten.
 */
package dev.mooring.dboscloud.upload;
