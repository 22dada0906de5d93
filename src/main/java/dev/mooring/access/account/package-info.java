/** Who is calling, as DigitalOcean shows an account and its project. */
@NullMarked
package dev.mooring.access.account;

import org.jspecify.annotations.NullMarked;
